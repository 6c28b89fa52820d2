import type { Kind } from '../kernel/entry.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { DescribedOperation } from '../kernel/operation.ts';
import { repeatable } from '../kernel/text.ts';
import { commandOf } from '../surfaces/cli/command-name.ts';
import { atTerminal, confirmPerson } from './confirmation.ts';

interface Calling {
  readonly agent: string | undefined;
  readonly session: string | undefined;
  readonly input: unknown;
}

/** More than the input of what needs a person comes to, unless somebody wants to hide something in it. */
const inputCharactersMax = 20_000;

/**
 * In what capacity a command calls: as a person only from a terminal, and only what this version knows, because what
 * needs a person has to be confirmed by one. Who speaks for an agent is refused that in any case, and not asked.
 */
export const kindOfCall = async (
  { agent, session, input }: Calling,
  found: Outcome<DescribedOperation>,
): Promise<Outcome<Kind>> => {
  if (!found.ok || !atTerminal()) return ok('agent');
  const { name, summary, person, personAtTimes } = found.value;
  const isAsked = person === true || personAtTimes === true;
  if (!isAsked || agent !== undefined || session !== undefined) return ok('person');
  const said = repeatable(JSON.stringify(input) ?? '', inputCharactersMax);
  const confirmed = await confirmPerson({
    lines: [`In your name: ${summary}`, ...(said === '{}' ? [] : [`With ${said}`])],
    command: `signalbox ${commandOf(name)}`,
  });
  return confirmed.ok ? ok('person') : confirmed;
};
