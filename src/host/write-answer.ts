import type { Writable } from 'node:stream';
import type { Description } from '../catalogue/description.ts';
import { isRecord } from '../kernel/json.ts';
import { spoken } from '../kernel/instants.ts';
import { printable } from '../kernel/text.ts';
import { answerText, shellWord } from '../surfaces/cli/answer.ts';
import type { CliReply } from '../surfaces/cli/call.ts';
import { jsonLine } from '../surfaces/cli/plain.ts';
import { hintInCommands, sentenceInCommands } from '../surfaces/cli/spoken-commands.ts';
import { wrapped } from '../surfaces/cli/wrapped.ts';
import { markedValue } from '../surfaces/hub.ts';
import type { Given } from './commands/command.ts';

interface Showing {
  readonly asked: { readonly operation: string; readonly input: unknown };
  /** The agent that a flag named, and that the next command has to name too. */
  readonly agent: string | undefined;
  readonly catalogue: Description;
  readonly terminal: Given['terminal'];
}

/** What became of text that was to be written: somebody has stopped reading, such as head, and wants no more of it. */
export type Written = 'whole' | 'unwanted' | 'failed';

/** Writes what a call has brought. */
export const writeAnswer = async (reply: CliReply, showing: Showing): Promise<Written> => {
  const { terminal, catalogue, agent } = showing;
  // As in the structured result of a tool.
  if (terminal.json) return written(terminal.out, jsonLine(markedValue(reply)));
  const { replayed, waiting, interruptedAt } = reply;
  const whole = await written(terminal.out, await textOf(reply, showing));
  const afterwards = afterwardsOf(reply, showing);
  if (afterwards !== undefined) terminal.err.write(`${afterwards}\n`);
  if (replayed) terminal.err.write(`${replayedWords(interruptedAt)}\n`);
  if (waiting !== undefined) {
    const flags = agent === undefined ? '' : ` --agent ${shellWord(agent)}`;
    terminal.err.write(`${hintInCommands(waiting, catalogue, flags)}\n`);
  }
  return whole;
};

/** Beside the answer, so that whatever reads the answer gets nothing else. */
const afterwardsOf = (
  { value }: CliReply,
  { asked: { operation: name }, catalogue }: Showing,
): string | undefined => {
  const operation = catalogue.find(name);
  const { having, remark } = (operation.ok ? operation.value.afterwards : undefined) ?? {};
  return having !== undefined && isRecord(value) && value[having] !== undefined ? remark : undefined;
};

const textOf = async (
  { value }: CliReply,
  { asked: { operation: name, input }, catalogue, terminal }: Showing,
): Promise<string> => {
  const operation = catalogue.find(name);
  if (!operation.ok) return answerText(value, terminal);
  const { leavesOut, forPrograms: hidden = [], inOurWords = [] } = operation.value;
  const order = catalogue.columnsOf(operation.value);
  const spoken = inOurWords.reduce<unknown>(
    (said, path) => saidInCommands(said, path.split('.'), catalogue),
    value,
  );
  const { left_out: leftOut, ...shown } = isRecord(spoken) ? spoken : {};
  const isAsked =
    terminal.wide || leavesOut?.unless.some((member) => isRecord(input) && member in input) === true;
  const remarks = [
    ...(typeof leftOut === 'string' ? [printable(leftOut)] : []),
    ...(leavesOut === undefined || isAsked ? [] : [leavesOut.remark]),
  ];
  const text = await answerText(typeof leftOut === 'string' ? shown : spoken, { ...terminal, order, hidden });
  return [text, ...remarks.map((remark) => `${inLines(remark, terminal)}\n`)].join('');
};

/** A value with the sentences at one path in the words of the command line. */
const saidInCommands = (value: unknown, path: readonly string[], catalogue: Description): unknown => {
  if (Array.isArray(value)) return value.map((item) => saidInCommands(item, path, catalogue));
  const [name, ...deeper] = path;
  if (name === undefined || !isRecord(value) || value[name] === undefined) return value;
  const member = value[name];
  const said =
    typeof member === 'string' && deeper.length === 0
      ? sentenceInCommands(member, catalogue, value['ref'])
      : saidInCommands(member, deeper, catalogue);
  return { ...value, [name]: said };
};

const inLines = (text: string, { columns }: Given['terminal']): string =>
  columns === undefined ? text : wrapped(text, { first: '', next: '', columns }).join('\n');

const written = (out: Writable, text: string): Promise<Written> =>
  new Promise((resolve) => {
    out.write(text, (fault?: NodeJS.ErrnoException | null) => {
      if (fault === undefined || fault === null) resolve('whole');
      else resolve(fault.code === 'EPIPE' ? 'unwanted' : 'failed');
    });
  });

const replayedWords = (interruptedAt: number | undefined): string =>
  interruptedAt === undefined
    ? 'This was done before, under the same request id, and not done again; this is its answer of then.'
    : `This was interrupted ${spoken(Date.now() - interruptedAt)} ago and had been stored; it was not done again. Run it once more to do it a second time.`;
