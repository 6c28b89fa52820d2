/** A pattern whose braces stand for more than this is not resolved. */
export const variantsMax = 64;
/** The same when what they stand for is longer than this in all. */
export const variantCharactersMax = 1_000;

/**
 * What the braces of a pattern stand for, in order: `a{b,c}` is `ab` and `ac`. As in shells they come before everything
 * else, so that a bracket may begin in one of them and end outside. `undefined` when they stand for too much.
 */
export const spellingsOf = (text: string): readonly string[] | undefined => {
  let spellings: readonly string[] = [''];
  for (let at = 0; at < text.length; ) {
    const piece = pieceAt(text, at);
    if (piece === undefined || spellings.length * piece.alternatives.length > variantsMax) return undefined;
    spellings = spellings.flatMap((before) => piece.alternatives.map((one) => before + one));
    if (spellings.reduce((sum, { length }) => sum + length, 0) > variantCharactersMax) return undefined;
    at = piece.end;
  }
  return spellings;
};

interface Piece {
  readonly alternatives: readonly string[];
  readonly end: number;
}

/** A group of braces, or the text up to the next brace. */
const pieceAt = (text: string, at: number): Piece | undefined => {
  const group = text.charAt(at) === '{' ? groupAt(text, at) : undefined;
  if (group === undefined) {
    const brace = text.indexOf('{', at + 1);
    const end = brace === -1 ? text.length : brace;
    return { alternatives: [text.slice(at, end)], end };
  }
  const alternatives: string[] = [];
  for (const part of group.parts) {
    const inner = spellingsOf(part);
    if (inner === undefined) return undefined;
    alternatives.push(...inner);
  }
  return { alternatives, end: group.end };
};

/** The alternatives of the brace group that begins at `at`; `undefined` when it is not closed or has only one. */
const groupAt = (text: string, at: number): { parts: string[]; end: number } | undefined => {
  const parts: string[] = [];
  let depth = 0;
  let from = at + 1;
  for (let i = at; i < text.length; i += 1) {
    const character = text.charAt(i);
    if (character === '{') depth += 1;
    if (character === '}') depth -= 1;
    if ((character === ',' && depth === 1) || depth === 0) {
      parts.push(text.slice(from, i));
      from = i + 1;
    }
    if (depth === 0) return parts.length > 1 ? { parts, end: i + 1 } : undefined;
  }
  return undefined;
};
