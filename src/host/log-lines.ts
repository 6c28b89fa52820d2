import { styleText } from 'node:util';
import { isRecord } from '../kernel/json.ts';

const colours = { error: 'red', warn: 'yellow', info: 'green', debug: 'gray' } as const;

/** What every line has, and some have more. */
interface Line {
  readonly level: keyof typeof colours;
  readonly time: string;
  readonly msg: string;
  readonly err?: { readonly message: string; readonly stack?: string };
}

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
    const line: unknown = JSON.parse(json);
    if (!isLine(line)) return json;
    const paint = (style: 'gray' | (typeof colours)[Line['level']], text: string): string =>
      colour ? styleText(style, text, { validateStream: false }) : text;
    const head = `${paint('gray', clockOf(line.time))} ${paint(colours[line.level], line.level.padEnd(levelColumns))}`;
    return `${head} ${visible(sentenceOf(line))}${paint('gray', fieldsOf(line))}${stacks ? paint('gray', stackOf(line)) : ''}\n`;
  };

const isLine = (value: unknown): value is Line =>
  isRecord(value) &&
  typeof value['level'] === 'string' &&
  Object.hasOwn(colours, value['level']) &&
  typeof value['time'] === 'string' &&
  typeof value['msg'] === 'string' &&
  (value['err'] === undefined || isFault(value['err']));

const isFault = (value: unknown): boolean =>
  isRecord(value) && typeof value['message'] === 'string' && isTextOrNone(value['stack']);

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string';

const levelColumns = 5;

/** Hours to seconds, as the machine's own clock shows them. */
const clockOf = (time: string): string => new Date(time).toTimeString().slice(0, 'hh:mm:ss'.length);

const sentenceOf = ({ msg, err }: Line): string => (err === undefined ? msg : `${msg}: ${err.message}`);

const fieldsOf = (line: Line): string =>
  Object.entries(line)
    .filter(([name]) => !shownMembers.has(name))
    .map(
      ([name, value]) =>
        ` ${visible(name)}=${visible(typeof value === 'string' ? value : JSON.stringify(value))}`,
    )
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
