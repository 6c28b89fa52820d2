import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import type { DescribedOperation } from '../kernel/operation.ts';
import type { JsonObject } from './json.ts';
import { nearestName } from '../kernel/nearest.ts';

/** What there is to say of all operations: enough to type a call, to explain it and to send it, but not to do it. */
export interface Description {
  readonly operations: readonly DescribedOperation[];
  /** The operation of this name; the refusal names the one that was probably meant. */
  readonly find: (name: string) => Outcome<DescribedOperation>;
  readonly inputSchemaOf: (operation: Pick<DescribedOperation, 'name'>) => JsonObject;
  /** The members that the items of its answer can have, in the order of their schema; none where it is no list. */
  readonly columnsOf: (operation: Pick<DescribedOperation, 'name'>) => readonly string[];
}

/** Finds operations by their names. */
export const finder = <O extends DescribedOperation>(
  byName: ReadonlyMap<string, O>,
): ((name: string) => Outcome<O>) => {
  return (name) => {
    const operation = byName.get(name);
    return operation === undefined ? unknown(name, [...byName.keys()]) : ok(operation);
  };
};

/** A name that may be repeated in an answer: anything else is not quoted. */
const quotablePattern = /^[A-Za-z0-9_.-]{1,64}$/;

const unknown = (name: string, names: readonly string[]): Refusal => {
  const nearest = nearestName(name, names);
  const asked = quotablePattern.test(name)
    ? `No operation is called "${name}".`
    : 'No operation has this name.';
  const next = `${nearest === undefined ? '' : `Did you mean ${nearest}? `}Call tool_search to find what there is.`;
  return refuse('unknown_operation', `${asked} ${next}`, nearest === undefined ? {} : { nearest });
};
