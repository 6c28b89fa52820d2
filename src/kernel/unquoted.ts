const quotes = [/"[^]*"/, /`[^]*`/, /(?<!\w)'[^]*'/];

/**
 * The message of a thrown error, for a log: without what it quotes, which may be what somebody has written. From the first
 * quotation mark to the last, because what is quoted may have quotation marks in it.
 */
export const unquoted = (message: string): string =>
  quotes.reduce((text, quoted) => text.replace(quoted, '"…"'), message);
