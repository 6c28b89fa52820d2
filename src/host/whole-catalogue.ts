import { operations } from '../areas/operations.ts';
import { Catalogue } from '../catalogue/catalogue.ts';

/** Everything that can be asked of this program. */
export const wholeCatalogue = (): Catalogue => new Catalogue(operations);
