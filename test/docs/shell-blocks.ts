import assert from 'node:assert/strict';

/** One command of a document, as somebody would type it. */
export interface Command {
  readonly text: string;
  readonly line: number;
}

const languages: readonly string[] = ['sh', 'text', 'json'];

/** The lines of the `sh` blocks. A block in a language that is not known here could hide commands, and is refused. */
const shellLines = (markdown: string): readonly Command[] => {
  const found: Command[] = [];
  let open: string | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^ *```(.*)$/.exec(text)?.[1];
    if (fence === undefined) {
      if (open === 'sh') found.push({ text, line: index + 1 });
      continue;
    }
    if (open === undefined)
      assert(languages.includes(fence), `line ${index + 1}: a block of ${fence || 'no language'}`);
    open = open === undefined ? fence : undefined;
  }
  assert.equal(open, undefined, 'a block has no end');
  return found;
};

/** Cuts a line at `&&` and before a comment, but not inside quotes. */
const partsOf = (line: string): readonly string[] => {
  const parts = [''];
  const add = (text: string): void => void (parts[parts.length - 1] += text);
  for (const [token, comment] of line.matchAll(/'[^']*'|"(?:\\.|[^"\\])*"|&&|(?<=^|\s)(#.*)|[\s\S]/g)) {
    if (token === '&&') parts.push('');
    else if (comment === undefined) add(token);
  }
  return parts.map((part) => part.trim()).filter((part) => part !== '');
};

/** Every command in the `sh` blocks of a document, in its order. */
export const commandsIn = (markdown: string): readonly Command[] => {
  const commands: Command[] = [];
  let begun: Command | undefined;
  for (const { text, line } of shellLines(markdown)) {
    const whole: Command = { text: (begun?.text ?? '') + text, line: begun?.line ?? line };
    begun = text.endsWith('\\') ? { ...whole, text: whole.text.slice(0, -1) } : undefined;
    if (begun === undefined) commands.push(...partsOf(whole.text).map((part) => ({ ...whole, text: part })));
  }
  return commands;
};
