import { unquoted } from '../kernel/unquoted.ts';

export interface ShownError {
  readonly type: string;
  readonly message: string;
  /** The lines that say where. */
  readonly stack: string;
}

/** An error may be its own cause. */
const causesMax = 5;

/**
 * What is told of what was thrown: what kind it is, its message without what that quotes, and where it came from. Its
 * other members may hold what somebody has written, as may the texts in its message.
 */
export const shownError = (thrown: unknown, causesLeft = causesMax): ShownError => {
  const { name, message, stack = '', cause } = asError(thrown);
  const said = { type: name, message: unquoted(message), stack: framesIn(stack, message) };
  if (cause === undefined || causesLeft === 0) return said;
  const why = shownError(cause, causesLeft - 1);
  return {
    type: name,
    message: `${said.message}: ${why.message}`,
    stack: `${said.stack}\ncaused by ${why.type}\n${why.stack}`,
  };
};

/** The lines of a stack that say where; what stands before them is the message. */
const framesIn = (stack: string, message: string): string => {
  const at = stack.indexOf(message);
  const lines = (at < 0 ? stack : stack.slice(at + message.length)).split('\n');
  return lines.filter((line) => /^\s+at /.test(line)).join('\n');
};

const asError = (thrown: unknown): Error =>
  thrown instanceof Error ? thrown : new TypeError(String(thrown));
