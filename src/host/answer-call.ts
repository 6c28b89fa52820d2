import type { Description } from '../catalogue/description.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { isRecord } from '../kernel/json.ts';
import { hourMs, spoken } from '../kernel/instants.ts';
import { answerText } from '../surfaces/cli/answer.ts';
import { type Called, type CliCall, type CliReply, changes, makeCall } from '../surfaces/cli/call.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import { sameAgain } from '../surfaces/cli/refusal-text.ts';
import { wrapped } from '../surfaces/cli/wrapped.ts';
import { markedValue } from '../surfaces/hub.ts';
import { errorValue } from '../surfaces/json-text.ts';
import { listenForInterruption } from './interruption.ts';
import { ownerPrincipal } from './owner.ts';
import { openOnce } from './open-once.ts';
import { rememberCall } from './pending-calls.ts';
import type { Given } from './commands/command.ts';
import { type Failure, failWith } from './commands/failure.ts';

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
  const call: CliCall = { ...rest, agent: settings.agent };
  const interruption = listenForInterruption();
  // The timers of a wait leave a process free to end; here the answer is what it lives for.
  const living = setInterval(() => {}, hourMs);
  const called = await makeCall(call, {
    catalogue,
    principal: ownerPrincipal,
    connect: () => openOnce(settings, { catalogue, log }),
    remember: (key) => rememberCall({ dataDir: settings.dataDir, url: settings.url, log }, key),
    signal: interruption.signal,
  });
  interruption.forget();
  clearInterval(living);
  const { outcome, uncertain } = called;
  const exit = interruption.exit();
  if (outcome.ok) await writeAnswer(outcome.value, { asked, catalogue, terminal });
  // A call that was interrupted stays remembered when it was done, so that its repeat cannot do it a second time.
  if (exit === undefined || !outcome.ok) await called.settle();
  if (exit === undefined) return outcome.ok ? ok(true) : failWith(outcome, { uncertain, catalogue, members });
  if (!outcome.ok && terminal.json) writeJson(terminal, errorValue(outcome));
  terminal.err.write(`signalbox: ${interruptedWords(called, changes(catalogue, call.operation))}\n`);
  // What may still be open, such as the search for a hub, is not waited for.
  process.exit(exit);
};

const interruptedWords = ({ outcome, uncertain }: Called, writes: boolean): string => {
  if (!writes)
    return outcome.ok ? 'Interrupted, after the answer.' : 'Interrupted. Nothing was to be stored.';
  if (outcome.ok)
    return 'Interrupted, but this was done already; the same command again does not do it twice.';
  return uncertain
    ? `Interrupted. Whether this was stored is not known. ${sameAgain}`
    : 'Interrupted. Nothing was stored. The same command again does it once.';
};

interface Showing {
  readonly asked: Asked;
  readonly catalogue: Description;
  readonly terminal: Given['terminal'];
}

const writeAnswer = async (reply: CliReply, { asked, catalogue, terminal }: Showing): Promise<void> => {
  const { value, replayed, waiting, interruptedAt } = reply;
  if (terminal.json) {
    // As in the structured result of a tool.
    writeJson(terminal, markedValue(reply));
    return;
  }
  const operation = catalogue.find(asked.operation);
  const order = operation.ok ? catalogue.columnsOf(operation.value) : [];
  terminal.out.write(await answerText(value, { ...terminal, order }));
  const leavesOut = operation.ok ? operation.value.leavesOut : undefined;
  if (leavesOut !== undefined && !(isRecord(asked.input) && leavesOut.unless in asked.input))
    terminal.out.write(`${inLines(leavesOut.remark, terminal)}\n`);
  if (replayed) terminal.err.write(`${replayedWords(interruptedAt)}\n`);
  if (waiting !== undefined) terminal.err.write(`${waiting}\n`);
};

const inLines = (text: string, { columns }: Given['terminal']): string =>
  columns === undefined ? text : wrapped(text, { first: '', next: '', columns }).join('\n');

const replayedWords = (interruptedAt: number | undefined): string =>
  interruptedAt === undefined
    ? 'This was done before, under the same request id, and not done again; this is its answer of then.'
    : `This was interrupted ${spoken(Date.now() - interruptedAt)} ago and had been stored; it was not done again. Run it once more to do it a second time.`;
