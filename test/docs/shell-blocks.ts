import assert from 'node:assert/strict';

/** One command of a document, as somebody would type it. */
export interface Command {
  readonly text: string;
  readonly line: number;
}

const languages = ['sh', 'text', 'json', 'yaml'] as const;

type Language = (typeof languages)[number];

const isLanguage = (text: string): text is Language => languages.some((language) => language === text);

interface Block {
  readonly language: Language;
  /** The line of the document on which its text begins. */
  readonly line: number;
  readonly lines: readonly string[];
}

/** The blocks of a document. One in a language that is not known here could hide commands, and is refused. */
const blocksOf = (markdown: string): readonly Block[] => {
  const found: Block[] = [];
  let open: { readonly language: Language; readonly line: number; readonly lines: string[] } | undefined;
  for (const [index, text] of markdown.split('\n').entries()) {
    const fence = /^ *```(.*)$/.exec(text)?.[1];
    if (fence === undefined) {
      open?.lines.push(text);
      continue;
    }
    if (open !== undefined) {
      found.push(open);
      open = undefined;
      continue;
    }
    assert(isLanguage(fence), `line ${index + 1}: a block of ${fence || 'no language'}`);
    open = { language: fence, line: index + 2, lines: [] };
  }
  assert.equal(open, undefined, 'a block has no end');
  return found;
};

/** The texts of the blocks in one language. */
export const textsOf = (markdown: string, language: Language): readonly string[] =>
  blocksOf(markdown)
    .filter((block) => block.language === language)
    .map(({ lines }) => lines.join('\n'));

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
  const lines = blocksOf(markdown)
    .filter(({ language }) => language === 'sh')
    .flatMap((block) => block.lines.map((text, index) => ({ text, line: block.line + index })));
  for (const { text, line } of lines) {
    const whole: Command = { text: (begun?.text ?? '') + text, line: begun?.line ?? line };
    begun = text.endsWith('\\') ? { ...whole, text: whole.text.slice(0, -1) } : undefined;
    if (begun === undefined) commands.push(...partsOf(whole.text).map((part) => ({ ...whole, text: part })));
  }
  return commands;
};
