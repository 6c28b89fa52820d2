/**
 * Reads JSON that this program has written itself and whose bytes are covered by a checksum or a hash chain; the type
 * is the writer's word. Input from outside never comes this way: it is checked against a schema.
 */
export const trustedJson = <T>(text: string): T => JSON.parse(text);

/** JSON with the members of every object in alphabetical order, so that equal values give equal text. */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, member: unknown) =>
    isRecord(member) ? Object.fromEntries(Object.entries(member).toSorted(byKey)) : member,
  );

const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => (a < b ? -1 : 1);

/**
 * A few characters that tell values apart: equal values have the same, different ones nearly always another. Shows what
 * does not belong together by mistake, never forgery. Source: FNV-1a with 32 bits, over UTF-16 code units.
 */
export const markOf = (value: unknown): string => {
  const text = canonicalJson(value);
  let mark = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) mark = Math.imul(mark ^ text.charCodeAt(i), 0x01000193);
  return (mark >>> 0).toString(36);
};

export const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((item) => typeof item === 'string');
