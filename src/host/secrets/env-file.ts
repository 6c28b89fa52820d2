import { type Outcome, ok, refuse } from '../../kernel/errors.ts';

/** A variable as an env file says it, before it is known what it stands for. */
export interface EnvVariable {
  readonly name: string;
  readonly text: string;
  /** Between single quotes: it stands for itself, whatever it looks like. */
  readonly literal: boolean;
  /** The file that says it. */
  readonly path: string;
  readonly line: number;
}

const assignment = /^\s*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*=[ \t]*/;

/**
 * The variables of an env file, in its order: `NAME=value` on each line, with `export ` before it if one likes, a comment
 * behind ` #`, and values between quotes, which may go over several lines. Between double quotes `\n`, `\r`, `\t`, `\"`
 * and `\\` mean what they mean in most languages. No refusal repeats what a line says, because it may be a secret.
 */
export const readEnvText = (text: string, path: string): Outcome<readonly EnvVariable[]> => {
  const variables: EnvVariable[] = [];
  const whole = text.replace(/^\uFEFF/, '').replaceAll('\r\n', '\n');
  const fail = (line: number, what: string): Outcome<never> =>
    refuse('invalid_input', `${path}:${line}: ${what}`, { path, line });
  for (let at = 0, line = 1; at < whole.length; ) {
    const end = endOfLine(whole, at);
    const row = whole.slice(at, end);
    const begin = line;
    if (row.includes('\0')) return fail(begin, 'this line has a NUL, so it is no text. Take it out.');
    const [head, name] = assignment.exec(row) ?? [];
    at = end + 1;
    line += 1;
    if (/^\s*(?:#|$)/.test(row)) continue;
    if (head === undefined || name === undefined)
      return fail(begin, 'a line such as NAME=value was expected. Correct it, or put # before it.');
    const value = row.slice(head.length);
    const quote = value.charAt(0);
    if (quote !== '"' && quote !== "'") {
      variables.push({ name, text: uncommented(value), literal: false, path, line: begin });
      continue;
    }
    const from = end - value.length + 1;
    const close = closeOf(whole, from, quote);
    if (close === -1)
      return fail(begin, `the quote (${quote}) that opens the value of ${name} is never closed. Close it.`);
    const last = endOfLine(whole, close);
    const inside = whole.slice(from, close);
    line = begin + inside.split('\n').length;
    at = last + 1;
    if (!/^\s*$|^\s+#/.test(whole.slice(close + 1, last)))
      return fail(
        line - 1,
        `something stands behind the quote that closes the value of ${name}. Take it out.`,
      );
    if (inside.includes('\0'))
      return fail(begin, `the value of ${name} has a NUL, so it is no text. Take it out.`);
    const literal = quote === "'";
    variables.push({ name, text: literal ? inside : unescaped(inside), literal, path, line: begin });
  }
  return ok(variables);
};

const endOfLine = (text: string, at: number): number => {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end;
};

const closeOf = (text: string, from: number, quote: string): number => {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === quote) return at;
    if (quote === '"' && text[at] === '\\') at += 1;
  }
  return -1;
};

const uncommented = (value: string): string => {
  const hash = value.search(/(?:^|\s)#/);
  return (hash === -1 ? value : value.slice(0, hash)).trim();
};

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

const unescaped = (text: string): string =>
  text.replaceAll(/\\(["\\nrt])/g, (_, letter: string) => escapes[letter] ?? letter);
