import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { printable, quoted } from '../../kernel/text.ts';
import { secondMs } from '../../kernel/instants.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import type { Given } from '../commands/command.ts';

/** What `signalbox run` is to do. */
export interface Asked {
  readonly lock: string;
  readonly mode: string | undefined;
  readonly ttlMs: number;
  readonly isTtlSaid: boolean;
  readonly waitMs: number;
  readonly session: string | undefined;
  readonly words: readonly string[];
}

/** Short, because it is renewed: who waits for a run that was killed waits no longer than this. */
const runTtlSeconds = 60;

const shownCharactersMax = 64;

export const askedBy = ({ flags, words }: Pick<Given, 'flags' | 'words'>): Outcome<Asked> => {
  const lock = flags.get('lock');
  if (typeof lock !== 'string')
    return refuse('invalid_input', `Say with --lock what to hold.${seeHelp({ command: 'run' })}`);
  if (words.length === 0)
    return refuse('invalid_input', `Say behind -- what to run.${seeHelp({ command: 'run' })}`);
  const ttl = countIn(flags, 'ttl', 'seconds') ?? ok(runTtlSeconds);
  if (!ttl.ok) return ttl;
  const wait = countIn(flags, 'wait-ms', 'milliseconds') ?? ok(0);
  if (!wait.ok) return wait;
  return ok({
    lock,
    mode: textIn(flags, 'mode'),
    ttlMs: ttl.value * secondMs,
    isTtlSaid: flags.has('ttl'),
    waitMs: wait.value,
    session: textIn(flags, 'session'),
    words,
  });
};

const textIn = (flags: Given['flags'], name: string): string | undefined => {
  const value = flags.get(name);
  return typeof value === 'string' ? value : undefined;
};

/** The limits are those of lock_acquire, which says them. */
const countIn = (
  flags: Given['flags'],
  name: string,
  unit: 'seconds' | 'milliseconds',
): Outcome<number> | undefined => {
  const text = textIn(flags, name);
  if (text === undefined) return undefined;
  if (/^\d{1,9}$/.test(text)) return ok(Number(text));
  const shown = quoted(printable(text.slice(0, shownCharactersMax)));
  return refuse(
    'invalid_input',
    `--${name} is a whole number of ${unit}, and not ${shown}.${seeHelp({ command: 'run' })}`,
  );
};
