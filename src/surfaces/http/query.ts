import { nearestName } from '../../kernel/nearest.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { quoted, repeatable } from '../../kernel/text.ts';

/** What may stand in the address of a stream. */
export interface Parameters {
  readonly once: readonly string[];
  /** Those that may be repeated. */
  readonly lists: readonly string[];
}

const parameterCharactersMax = 40;

/** The parameters in an address, if each of them means something there. */
export const readQuery = (address: string, { once, lists }: Parameters): Outcome<URLSearchParams> => {
  const query = new URLSearchParams(/\?(.*)$/s.exec(address)?.[1] ?? '');
  for (const name of new Set(query.keys())) {
    if (!once.includes(name) && !lists.includes(name)) return unknownParameter(name, [...lists, ...once]);
    if (once.includes(name) && query.getAll(name).length > 1)
      return refuse('invalid_input', `The address says ${name} more than once. Say it once.`);
  }
  return ok(query);
};

const unknownParameter = (name: string, known: readonly string[]): Refusal => {
  const nearest = nearestName(name, known);
  const all = known.length === 1 ? `There is only ${known.join()}.` : `There are ${known.join(', ')}.`;
  const next = nearest === undefined ? all : `Did you mean ${nearest}?`;
  const shown = quoted(repeatable(name, parameterCharactersMax));
  return refuse('invalid_input', `The address has a parameter ${shown}, which means nothing here. ${next}`);
};
