import { lasting } from './families/index.ts';
import { testFamily } from './harness/suite.ts';

for (const family of lasting) testFamily(family);
