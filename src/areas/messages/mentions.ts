import { present } from '../../kernel/assert.ts';
import { nameLengthMax } from '../../kernel/names.ts';

/** What a text says with an at sign. */
interface Mentions {
  /** The agents that it names, each once, in the order of their first mention. */
  readonly agents: readonly string[];
  /** What is written like a mention and names no agent. */
  readonly strangers: readonly string[];
}

/** How many of the names that nobody has a refusal could use. */
const strangersMax = 5;

/**
 * The agents that a text mentions: `@name`, at the beginning or behind something that no address, package or path is
 * made of, and not within code or a URL. The longest name counts that an agent has; punctuation behind it is no part of
 * it, but a name does not end within a word. `@name(` is a decorator, `@name/x` a package, `@name@host` an address.
 * Letters of scripts without spaces may stand on both sides, and underscores that could be emphasis before it.
 */
export const mentionsIn = (text: string, isAgent: (name: string) => boolean): Mentions => {
  // Nearly all texts are settled by this, and telling prose from code costs more than all the rest.
  if (!text.includes('@')) return nobody;
  const written = namesIn(text, isAgent);
  return written.agents.length === 0 ? written : namesIn(proseOf(text), isAgent);
};

const nobody: Mentions = { agents: [], strangers: [] };

const namesIn = (prose: string, isAgent: (name: string) => boolean): Mentions => {
  const agents = new Set<string>();
  const strangers = new Set<string>();
  for (const { 1: written = '', index } of prose.matchAll(mention)) {
    if (host.test(written) && letterAtEnd.test(prose.slice(Math.max(0, index - 2), index))) continue;
    const name = agentIn(written, isAgent);
    if (name !== undefined) agents.add(name);
    else if (strangers.size < strangersMax && written.length <= nameLengthMax)
      strangers.add(written.replace(punctuationBehind, ''));
  }
  return { agents: [...agents], strangers: [...strangers] };
};

/** Letters between which a name can stand without spaces: sentences have none there, or particles follow at once. */
const unspaced = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Bopomofo', 'Thai', 'Lao', 'Khmer', 'Myanmar']
  .map((script) => String.raw`\p{Script_Extensions=${script}}`)
  .join('');

const letter = String.raw`[\p{L}\p{N}\p{M}]--[${unspaced}]`;

/**
 * A name behind an at sign that stands free on both sides. What must not stand before it is looked for from the at sign
 * on, and not at each character.
 */
const mention = new RegExp(
  String.raw`@(?<![[${letter}].%+\-\/@]_*@)([A-Za-z0-9][A-Za-z0-9._\-]*)(?![[${letter}]._\-@\(]|\/[\p{L}\p{N}])`,
  'gv',
);

/** An address may have any letters before its host. */
const host = /\.[A-Za-z]{2,}$/;
const letterAtEnd = /\p{L}$/u;

const punctuationBehind = /[._-]+$/;

/** The longest beginning of what was written that is an agent's name and leaves out nothing but punctuation. */
const agentIn = (written: string, isAgent: (name: string) => boolean): string | undefined => {
  const shortest = written.length - (punctuationBehind.exec(written)?.[0].length ?? 0);
  for (let end = Math.min(written.length, nameLengthMax); end >= shortest; end -= 1) {
    const name = written.slice(0, end);
    if (isAgent(name)) return name;
  }
  return undefined;
};

const proseOf = (text: string): string => withoutUrls(withoutInlineCode(withoutFences(text)));

/** In place of what is no prose. It separates, and is no mark of anything. */
const gap = ' ';

const fence = /^ {0,3}(`{3,}|~{3,})(.*)$/;

/** Without fenced blocks; one that is not closed goes on to the end. Source: CommonMark, "Fenced code blocks". */
const withoutFences = (text: string): string => {
  if (!text.includes('```') && !text.includes('~~~')) return text;
  let open: string | undefined;
  return text
    .split('\n')
    .map((line) => {
      const [, marks, rest = ''] = fence.exec(line) ?? [];
      if (open === undefined) {
        // Behind backticks that open a block stands no further one: it would be code within a line.
        if (marks === undefined || (marks.startsWith('`') && rest.includes('`'))) return line;
        open = marks;
        return gap;
      }
      if (marks?.startsWith(open) === true && rest.trim() === '') open = undefined;
      return gap;
    })
    .join('\n');
};

const blankLine = /\n[ \t]*\n/;

/**
 * Without code within lines: from some backticks to the next as many, within a paragraph. Backticks without a
 * counterpart are characters like others. Source: CommonMark, "Code spans".
 */
const withoutInlineCode = (text: string): string =>
  text.includes('`') ? text.split(blankLine).map(withoutSpans).join('\n\n') : text;

const backticks = /`+/g;

const withoutSpans = (paragraph: string): string => {
  const runs = [...paragraph.matchAll(backticks)].map(({ index, 0: { length } }) => ({ index, length }));
  /** Lengths of which there is no further run. */
  const alone = new Set([0]);
  let prose = '';
  let from = 0;
  for (let i = 0; i < runs.length; i += 1) {
    const { start, length } = unescaped(paragraph, present(runs[i], 'there are so many'));
    if (alone.has(length)) continue;
    let closing = i + 1;
    while (closing < runs.length && runs[closing]?.length !== length) closing += 1;
    const close = runs[closing];
    if (close === undefined) {
      alone.add(length);
      continue;
    }
    prose += paragraph.slice(from, start) + gap;
    from = close.index + close.length;
    i = closing;
  }
  return prose + paragraph.slice(from);
};

/** The backticks that open code: one behind a backslash is a character. */
const unescaped = (
  text: string,
  { index, length }: { readonly index: number; readonly length: number },
): { readonly start: number; readonly length: number } => {
  let slashes = 0;
  while (text[index - slashes - 1] === '\\') slashes += 1;
  return slashes % 2 === 0 ? { start: index, length } : { start: index + 1, length: length - 1 };
};

/** Where a URL ends: no blank, and none of the full-width punctuation that follows it in a sentence, is part of one. */
const within = String.raw`[^\s<>"\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]`;

/** With a scheme, or a host of several parts and a path behind it. */
const url = new RegExp(
  String.raw`[a-z][a-z0-9+.-]{0,30}:\/\/${within}+|\bmailto:${within}+|(?<![\w@.-])(?:[\w-]{1,63}\.){1,10}[a-z]{2,20}\/${within}*`,
  'gi',
);

const withoutUrls = (text: string): string =>
  text.includes('/') || text.includes(':') ? text.replaceAll(url, gap) : text;
