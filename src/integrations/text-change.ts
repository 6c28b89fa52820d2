/** A piece of text that is put into another, or taken out of it. */
export interface Piece {
  /** Where it begins. */
  readonly at: number;
  readonly text: string;
}

export const withPiece = (whole: string, { at, text }: Piece): string =>
  whole.slice(0, at) + text + whole.slice(at);

export const withoutPiece = (whole: string, { at, text }: Piece): string =>
  whole.slice(0, at) + whole.slice(at + text.length);

export const pieceBetween = (whole: string, from: number, to: number): Piece => ({
  at: from,
  text: whole.slice(from, to),
});

/** How the lines of a text end. */
export const lineEndOf = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');
