import type { Writable } from 'node:stream';
import type { Description } from '../catalogue/description.ts';
import { isRecord } from '../kernel/json.ts';
import { spoken } from '../kernel/instants.ts';
import { printable } from '../kernel/text.ts';
import { answerText } from '../surfaces/cli/answer.ts';
import type { CliReply } from '../surfaces/cli/call.ts';
import { jsonLine } from '../surfaces/cli/plain.ts';
import { wrapped } from '../surfaces/cli/wrapped.ts';
import { markedValue } from '../surfaces/hub.ts';
import type { Given } from './commands/command.ts';

interface Showing {
  readonly asked: { readonly operation: string; readonly input: unknown };
  readonly catalogue: Description;
  readonly terminal: Given['terminal'];
}

/** What became of text that was to be written: somebody has stopped reading, such as head, and wants no more of it. */
export type Written = 'whole' | 'unwanted' | 'failed';

/** Writes what a call has brought. */
export const writeAnswer = async (reply: CliReply, showing: Showing): Promise<Written> => {
  const { terminal } = showing;
  // As in the structured result of a tool.
  if (terminal.json) return written(terminal.out, jsonLine(markedValue(reply)));
  const { replayed, waiting, interruptedAt } = reply;
  const whole = await written(terminal.out, await textOf(reply, showing));
  if (replayed) terminal.err.write(`${replayedWords(interruptedAt)}\n`);
  if (waiting !== undefined) terminal.err.write(`${waiting}\n`);
  return whole;
};

const textOf = async (
  { value }: CliReply,
  { asked: { operation: name, input }, catalogue, terminal }: Showing,
): Promise<string> => {
  const operation = catalogue.find(name);
  if (!operation.ok) return answerText(value, terminal);
  const { leavesOut, forPrograms: hidden = [] } = operation.value;
  const order = catalogue.columnsOf(operation.value);
  const { left_out: leftOut, ...shown } = isRecord(value) ? value : {};
  const remarks = [
    ...(typeof leftOut === 'string' ? [printable(leftOut)] : []),
    ...(leavesOut === undefined || (isRecord(input) && leavesOut.unless in input) ? [] : [leavesOut.remark]),
  ];
  const text = await answerText(typeof leftOut === 'string' ? shown : value, { ...terminal, order, hidden });
  return [text, ...remarks.map((remark) => `${inLines(remark, terminal)}\n`)].join('');
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
