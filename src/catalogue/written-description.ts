import { readFileSync } from 'node:fs';
import { present } from '../kernel/assert.ts';
import type { DescribedOperation } from '../kernel/operation.ts';
import { type Description, finder } from './description.ts';
import type { JsonObject } from './json.ts';

/** One operation of the file. */
export interface WrittenOperation extends DescribedOperation {
  readonly inputSchema: JsonObject;
  readonly columns: readonly string[];
}

/**
 * The catalogue as `npm run docs` writes it down. Reading it takes a millisecond; the areas, from which it is made, take
 * a command that only talks to a hub longer to load than all the rest.
 */
export const writtenDescription = (): Description => {
  const operations: readonly WrittenOperation[] = JSON.parse(
    readFileSync(new URL('./generated/operations.json', import.meta.url), 'utf8'),
  );
  const byName = new Map(operations.map((operation) => [operation.name, operation]));
  const known = ({ name }: Pick<DescribedOperation, 'name'>): WrittenOperation =>
    present(byName.get(name), `${name} is an operation of this description`);
  return {
    operations,
    find: finder(byName),
    inputSchemaOf: (operation) => known(operation).inputSchema,
    columnsOf: (operation) => known(operation).columns,
  };
};
