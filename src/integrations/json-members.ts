/** A member of an object, by where it stands in the text. */
interface JsonMember {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** Where its value begins. */
  readonly value: number;
}

/** An object, by where its braces stand. */
export interface JsonObject {
  readonly open: number;
  readonly close: number;
  readonly members: readonly JsonMember[];
}

/** Where the object at a path stands in a text, which is valid JSON; undefined when there is none. */
export const jsonObjectAt = (text: string, path: readonly string[]): JsonObject | undefined => {
  let at = afterSpace(text, 0);
  for (const name of path) {
    // As for a parser, the last of several members of one name is the one that counts.
    const member =
      text[at] === '{' ? objectFrom(text, at).members.findLast((one) => one.name === name) : undefined;
    if (member === undefined) return undefined;
    at = member.value;
  }
  return text[at] === '{' ? objectFrom(text, at) : undefined;
};

const objectFrom = (text: string, open: number): JsonObject => {
  const members: JsonMember[] = [];
  let at = afterSpace(text, open + 1);
  while (at < text.length && text[at] !== '}') {
    const end = endOfString(text, at);
    const name: unknown = JSON.parse(text.slice(at, end));
    const value = afterSpace(text, afterSpace(text, end) + 1);
    const to = endOfValue(text, value);
    members.push({ name: String(name), from: at, to, value });
    at = afterSpace(text, to);
    if (text[at] === ',') at = afterSpace(text, at + 1);
  }
  return { open, close: at, members };
};

const afterSpace = (text: string, from: number): number => {
  let at = from;
  while (at < text.length && ' \t\r\n\uFEFF'.includes(text.charAt(at))) at += 1;
  return at;
};

/** `from` is the quote that opens it. */
const endOfString = (text: string, from: number): number => {
  for (let at = from + 1; at < text.length; at += 1) {
    if (text[at] === '"') return at + 1;
    if (text[at] === '\\') at += 1;
  }
  return text.length;
};

const endOfValue = (text: string, from: number): number => {
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const character = text.charAt(at);
    if (depth === 0 && at > from && ',}] \t\r\n'.includes(character)) return at;
    if (character === '"') at = endOfString(text, at);
    else {
      if (character === '{' || character === '[') depth += 1;
      if (character === '}' || character === ']') depth -= 1;
      at += 1;
    }
    if (depth === 0 && '"}]'.includes(character)) return at;
  }
  return text.length;
};
