/* All families, in the order of the report. */
import type { Family } from '../harness/attack.ts';
import { rebinding } from './rebinding.ts';

export const families: readonly Family[] = [rebinding];
