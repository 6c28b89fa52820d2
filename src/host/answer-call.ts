import type { Description } from '../catalogue/description.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { hourMs } from '../kernel/instants.ts';
import { type Called, type CliCall, changes, doesTwice, makeCall } from '../surfaces/cli/call.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import { sameAgain } from '../surfaces/cli/refusal-text.ts';
import { errorValue } from '../surfaces/json-text.ts';
import { currentBranch, withBranch } from './current-branch.ts';
import { kindOfCall } from './kind-of-call.ts';
import { listenForInterruption } from './interruption.ts';
import { ownerPrincipal } from './owner.ts';
import { openOnce } from './open-once.ts';
import { rememberCall } from './pending-calls.ts';
import type { Given } from './commands/command.ts';
import { type Failure, failWith } from './commands/failure.ts';
import { thisProcess } from './workspace-resolution/wanted.ts';
import { writeAnswer } from './write-answer.ts';

export interface Asked {
  readonly operation: string;
  readonly input: unknown;
  readonly session: string | undefined;
  readonly requestId: string | undefined;
  /** The members of the input that were flags. */
  readonly members: readonly string[];
}

/** Makes one call and writes its answer. */
export const answerCall = async (
  asked: Asked,
  catalogue: Description,
  { configuration, terminal, log }: Given,
): Promise<Outcome<true> | Failure> => {
  const { settings } = configuration;
  const { members, ...rest } = asked;
  const operation = catalogue.find(asked.operation);
  const input = await withBranch(asked.input, operation.ok ? operation.value : undefined, () =>
    currentBranch(thisProcess()),
  );
  const speaker = { agent: settings.agent, session: asked.session };
  // Before anything hears Ctrl-C in its own way: here it ends the process.
  const kind = await kindOfCall({ ...speaker, input }, operation);
  if (!kind.ok) return failWith(kind, { uncertain: false, catalogue, members });
  const call: CliCall = { ...rest, ...speaker, input, kind: kind.value };
  const interruption = listenForInterruption();
  // The timers of a wait leave a process free to end; here the answer is what it lives for.
  const living = setInterval(() => {}, hourMs);
  const called = await makeCall(call, {
    catalogue,
    principal: ownerPrincipal,
    connect: () =>
      openOnce(settings, { catalogue, log, looks: operation.ok && operation.value.kind === 'query' }),
    remember: (key) => rememberCall({ dataDir: settings.dataDir, url: settings.url, log }, key),
    signal: interruption.signal,
  });
  interruption.forget();
  clearInterval(living);
  const { outcome, uncertain } = called;
  const exit = interruption.exit();
  const agent = configuration.origins.get('agent')?.kind === 'flag' ? settings.agent : undefined;
  const written = outcome.ok
    ? await writeAnswer(outcome.value, { asked, agent, catalogue, terminal })
    : 'whole';
  const told = written !== 'failed';
  await called.close(written === 'whole');
  // A call that was done stays remembered while nobody has heard of it, so that its repeat cannot do it a second time.
  if (told && (exit === undefined || !outcome.ok)) await called.settle();
  if (!told && changes(catalogue, call.operation))
    terminal.err.write(`signalbox: ${unwrittenWords(catalogue, call.operation)}\n`);
  if (exit === undefined) return outcome.ok ? ok(true) : failWith(outcome, { uncertain, catalogue, members });
  if (!outcome.ok && terminal.json) writeJson(terminal, errorValue(outcome));
  terminal.err.write(`signalbox: ${interruptedWords(called, changes(catalogue, call.operation))}\n`);
  // What may still be open, such as the search for a hub, is not waited for.
  process.exit(exit);
};

const unwrittenWords = (catalogue: Description, operation: string): string =>
  doesTwice(catalogue, operation)
    ? 'This was stored. The same command again says what, and does not do it twice.'
    : 'What the command was to do is done; the same command again does nothing twice.';

const interruptedWords = ({ outcome, uncertain }: Called, writes: boolean): string => {
  if (!writes)
    return outcome.ok ? 'Interrupted, after the answer.' : 'Interrupted. Nothing was to be stored.';
  if (outcome.ok)
    return 'Interrupted, but this was done already; the same command again does not do it twice.';
  return uncertain
    ? `Interrupted. Whether this was stored is not known. ${sameAgain}`
    : 'Interrupted. Nothing was stored. The same command again does it once.';
};
