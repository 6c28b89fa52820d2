import { styleText } from 'node:util';
import { z } from 'zod';

const lineSchema = z.looseObject({
  level: z.enum(['error', 'warn', 'info', 'debug']),
  time: z.string(),
  msg: z.string(),
  err: z.looseObject({ message: z.string(), stack: z.string().optional() }).optional(),
});

type Line = z.infer<typeof lineSchema>;

const colours = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;

const shownMembers: ReadonlySet<string> = new Set(['level', 'time', 'pid', 'msg', 'err']);

export interface LineOptions {
  /** Whether to show where in the program an error comes from. */
  readonly stacks: boolean;
  readonly colour: boolean;
}

/** Turns a line of the log in JSON into one for people who look at a terminal. */
export const linesForPeople =
  ({ stacks, colour }: LineOptions): ((json: string) => string) =>
  (json) => {
    const parsed = lineSchema.safeParse(JSON.parse(json));
    if (!parsed.success) return json;
    const line = parsed.data;
    const paint = (style: 'gray' | (typeof colours)[Line['level']], text: string): string =>
      colour ? styleText(style, text, { validateStream: false }) : text;
    const head = `${paint('gray', clockOf(line.time))} ${paint(colours[line.level], line.level.padEnd(levelColumns))}`;
    return `${head} ${visible(sentenceOf(line))}${paint('gray', fieldsOf(line))}${stacks ? paint('gray', stackOf(line)) : ''}\n`;
  };

const levelColumns = 5;

/** Hours to seconds, as the machine's own clock shows them. */
const clockOf = (time: string): string => new Date(time).toTimeString().slice(0, 'hh:mm:ss'.length);

const sentenceOf = ({ msg, err }: Line): string => (err === undefined ? msg : `${msg}: ${err.message}`);

const fieldsOf = (line: Line): string =>
  Object.entries(line)
    .filter(([name]) => !shownMembers.has(name))
    .map(([name, value]) => ` ${name}=${visible(typeof value === 'string' ? value : JSON.stringify(value))}`)
    .join('');

const stackOf = ({ err }: Line): string =>
  (err?.stack ?? '')
    .split('\n')
    .filter((frame) => /^\s+at /.test(frame))
    .map((frame) => `\n${visible(frame)}`)
    .join('');

/** An error may quote what others wrote, and a terminal obeys control characters. */
const controls = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

const visible = (text: string): string =>
  text.replaceAll(controls, (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`);
