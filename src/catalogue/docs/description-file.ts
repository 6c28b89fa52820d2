import type { Operation } from '../../kernel/operation.ts';
import type { Catalogue } from '../catalogue.ts';
import type { WrittenOperation } from '../written-description.ts';

/** The catalogue as the command line reads it: a line for each operation. */
export const descriptionFile = (catalogue: Catalogue): string => {
  const lines = catalogue.operations.map((operation) => JSON.stringify(writtenOf(catalogue, operation)));
  return `[\n${lines.join(',\n')}\n]\n`;
};

const writtenOf = (catalogue: Catalogue, operation: Operation): WrittenOperation => {
  const { name, kind, journal, ofWorkspace, orHub, category, summary, description, role, rate } = operation;
  const { person, personAtTimes, ofSelf } = operation;
  const { errors, examples, positional, leavesOut, afterwards, forPrograms, inOurWords, short } = operation;
  const { destructive, idempotent } = operation;
  return {
    name,
    kind,
    journal,
    ...(ofWorkspace !== undefined && { ofWorkspace }),
    ...(orHub !== undefined && { orHub }),
    category,
    ...(ofSelf !== undefined && { ofSelf }),
    summary,
    description,
    role,
    ...(person !== undefined && { person }),
    ...(personAtTimes !== undefined && { personAtTimes }),
    rate,
    errors,
    examples,
    ...(positional !== undefined && { positional }),
    ...(leavesOut !== undefined && { leavesOut }),
    ...(afterwards !== undefined && { afterwards }),
    ...(forPrograms !== undefined && { forPrograms }),
    ...(inOurWords !== undefined && { inOurWords }),
    ...(short !== undefined && { short }),
    destructive,
    idempotent,
    inputSchema: catalogue.inputSchemaOf(operation),
    columns: catalogue.columnsOf(operation),
  };
};
