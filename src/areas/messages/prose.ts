import { present } from '../../kernel/assert.ts';

/**
 * What of a text is prose, its lines divided by line feeds: without code, in fences, indented or within lines. Blocks are
 * told apart as far as code depends on it. Source: CommonMark, "Container blocks and leaf blocks", "Code spans".
 */
export const proseOf = (text: string): string => {
  // Telling prose from code costs more than all else, and most texts have no code.
  if (!mayHoldCode.test(text)) return text.replaceAll(lineEnd, '\n');
  const reader = new BlockReader();
  for (const line of text.split(lineEnd)) reader.read(withoutTabs(line));
  return withoutElements(reader.prose(), 'pre');
};

const mayHoldCode = /[`\t]|~~~| {4}|<(?:code|pre)\b/i;
const lineEnd = /\r\n?|\n/g;

/** In place of what is no prose. It separates, and is no mark of anything. */
const gap = ' ';

/** Blanks that lead to the same columns. */
const withoutTabs = (line: string): string => {
  if (!line.includes('\t')) return line;
  let wide = '';
  for (const [i, part] of line.split('\t').entries()) {
    if (i > 0) wide += ' '.repeat(4 - (wide.length % 4));
    wide += part;
  }
  return wide;
};

/** A block quote, or an item of a list whose content is indented by as many columns. */
type Container = { readonly kind: 'quote' } | { readonly kind: 'item'; readonly indent: number };

/** What stands deeper is read as the content of the last of them. */
const containersMax = 50;

interface Fence {
  readonly marks: string;
  /** In how many containers it stands. */
  readonly depth: number;
}

const quoteMark = / {0,3}> ?/y;
const itemMark = /( {0,3})([-+*]|(\d{1,9})[.)])( +|$)/y;
const ruler = / {0,3}([-_*])(?: *\1){2,} *$/y;
const heading = / {0,3}#{1,6}(?: |$)/y;
const fence = / {0,3}(`{3,}|~{3,})([^]*)$/y;
const blanks = / */y;

/** What a pattern finds at just this place. */
const at = (pattern: RegExp, line: string, place: number): RegExpExecArray | null => {
  pattern.lastIndex = place;
  return pattern.exec(line);
};

const indentAt = (line: string, place: number): number => at(blanks, line, place)?.[0].length ?? 0;

/** Goes through the lines of a text, and keeps the paragraphs. */
class BlockReader {
  readonly #prose: string[] = [];
  #paragraph: string[] = [];
  #containers: readonly Container[] = [];
  #fence: Fence | undefined;
  /** Nothing but blanks, or indented code, came before within the containers. */
  #afterBlank = false;

  read(line: string): void {
    const kept = this.#continued(line);
    if (this.#fence !== undefined) {
      if (kept.depth >= this.#fence.depth) return this.#readCode(line, kept.place);
      this.#fence = undefined;
    }
    const isLazy = kept.depth < this.#containers.length && this.#paragraph.length > 0;
    if (isLazy && !opensBlock(line, kept.place)) {
      this.#paragraph.push(line.slice(kept.place));
      return;
    }
    if (kept.depth < this.#containers.length) {
      this.#endParagraph();
      this.#containers = this.#containers.slice(0, kept.depth);
    }
    this.#readContent(line, this.#enter(line, kept.place));
  }

  prose(): string {
    this.#endParagraph();
    return this.#prose.join('\n\n');
  }

  /** In how many of the containers a line goes on, and where it does. */
  #continued(line: string): { readonly depth: number; readonly place: number } {
    let [depth, place] = [0, 0];
    for (const container of this.#containers) {
      const next = placeWithin(container, line, place);
      if (next === undefined) break;
      [depth, place] = [depth + 1, next];
    }
    return { depth, place };
  }

  #readCode(line: string, place: number): void {
    const [, marks, rest = ''] = at(fence, line, place) ?? [];
    if (this.#fence !== undefined && marks?.startsWith(this.#fence.marks) === true && rest.trim() === '')
      this.#fence = undefined;
    this.#afterBlank = false;
  }

  /** Enters the containers that begin here; where their content does. */
  #enter(line: string, begin: number): number {
    let place = begin;
    while (this.#containers.length < containersMax) {
      const quote = at(quoteMark, line, place);
      const item = quote === null ? this.#itemAt(line, place) : undefined;
      if (quote === null && item === undefined) break;
      this.#endParagraph();
      this.#afterBlank = false;
      this.#containers = [...this.#containers, item ?? { kind: 'quote' }];
      place += quote?.[0].length ?? item?.indent ?? 0;
    }
    return Math.min(place, line.length);
  }

  #itemAt(line: string, place: number): Extract<Container, { readonly kind: 'item' }> | undefined {
    const found = at(itemMark, line, place);
    if (found === null || at(ruler, line, place) !== null) return undefined;
    const [whole, before = '', mark = '', number, behind = ''] = found;
    const isEmpty = place + whole.length === line.length;
    // Within a paragraph a line may happen to begin with a number.
    const isInParagraph = this.#paragraph.length > 0;
    if (isInParagraph && (isEmpty || (number !== undefined && Number(number) !== 1))) return undefined;
    const width = before.length + mark.length;
    return { kind: 'item', indent: width + (isEmpty || behind.length > 4 ? 1 : behind.length) };
  }

  #readContent(line: string, place: number): void {
    const isInList = this.#containers.some(({ kind }) => kind === 'item');
    const indent = indentAt(line, place);
    if (place + indent >= line.length) {
      this.#endParagraph();
      this.#afterBlank = true;
      return;
    }
    if (indent >= 4 && this.#afterBlank && !isInList) return;
    this.#afterBlank = false;
    const [, marks, rest = ''] = at(fence, line, place) ?? [];
    // Behind backticks that open a block stands no further one: it would be code within a line.
    if (marks !== undefined && !(marks.startsWith('`') && rest.includes('`'))) {
      this.#endParagraph();
      this.#fence = { marks, depth: this.#containers.length };
      return;
    }
    const isHeading = at(heading, line, place) !== null;
    if (isHeading) this.#endParagraph();
    this.#paragraph.push(line.slice(place + indent));
    if (isHeading) this.#endParagraph();
  }

  #endParagraph(): void {
    if (this.#paragraph.length === 0) return;
    this.#prose.push(withoutElements(withoutSpans(this.#paragraph.join('\n')), 'code'));
    this.#paragraph = [];
  }
}

/** Where the content of a container goes on in a line, if it does. */
const placeWithin = (container: Container, line: string, place: number): number | undefined => {
  if (container.kind === 'quote') {
    const mark = at(quoteMark, line, place);
    return mark === null ? undefined : place + mark[0].length;
  }
  const indent = indentAt(line, place);
  if (indent >= container.indent) return place + container.indent;
  return place + indent >= line.length ? line.length : undefined;
};

/** Whether a line begins something that cannot be the rest of a paragraph. */
const opensBlock = (line: string, place: number): boolean =>
  place + indentAt(line, place) >= line.length ||
  [quoteMark, itemMark, ruler, heading, fence].some((pattern) => at(pattern, line, place) !== null);

const backticks = /`+/g;

/**
 * Without code within lines: from some backticks to the next as many, within a paragraph. Backticks without a
 * counterpart are characters like others.
 */
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

/** Without what stands in HTML's elements of this name; one that is not closed is none. */
const withoutElements = (text: string, name: 'code' | 'pre'): string => {
  if (!text.includes('</')) return text;
  const tags = new RegExp(`<(/?)${name}(?=[\\s/>])[^<>]*>`, 'gi');
  let prose = '';
  let from = 0;
  let open: number | undefined;
  for (const { index, 0: tag, 1: slash } of text.matchAll(tags)) {
    if (slash === '') open ??= index;
    else if (open !== undefined) {
      prose += text.slice(from, open) + gap;
      from = index + tag.length;
      open = undefined;
    }
  }
  return prose + text.slice(from);
};
