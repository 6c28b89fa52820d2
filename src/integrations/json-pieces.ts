import { type JsonObject, jsonObjectAt } from './json-members.ts';
import { type Piece, lineEndOf, pieceBetween } from './text-change.ts';

/**
 * The piece that adds a member to the object at a path of a JSON text, in the way in which the text is written. Objects
 * on the way that are missing are added with it. Undefined where the way leads through something else.
 */
export const jsonAddition = (
  text: string,
  path: readonly string[],
  [name, value]: readonly [name: string, value: unknown],
): Piece | undefined => {
  if (text.trim() === '') {
    const whole = path.toReversed().reduce((inner, key) => ({ [key]: inner }), { [name]: value });
    return { at: text.length, text: `${JSON.stringify(whole, null, 2)}\n` };
  }
  for (let length = path.length; length >= 0; length -= 1) {
    const object = jsonObjectAt(text, path.slice(0, length));
    if (object === undefined) continue;
    const [first, ...rest] = [...path.slice(length), name];
    const inner = rest.toReversed().reduce((below, key) => ({ [key]: below }), value);
    return object.members.some((member) => member.name === first)
      ? undefined
      : additionTo(text, object, [first ?? name, inner]);
  }
  return undefined;
};

type Member = readonly [name: string, value: unknown];

const additionTo = (text: string, { open, close, members }: JsonObject, member: Member): Piece => {
  const last = members.at(-1);
  const before = members.at(-2)?.to;
  if (last !== undefined) {
    const gap = text.slice(before === undefined ? open + 1 : text.indexOf(',', before) + 1, last.from);
    return { at: last.to, text: `,${gap}${written(member, text, indentIn(gap))}` };
  }
  const inside = text.slice(open + 1, close);
  const isOnOneLine =
    !inside.includes('\n') && !text.trim().includes('\n') && text.trim().length > close - open + 1;
  if (isOnOneLine) return { at: open + 1, text: written(member, text, undefined) };
  const outer = /^[ \t]*/.exec(text.slice(text.lastIndexOf('\n', open) + 1, open))?.[0] ?? '';
  const eol = lineEndOf(text);
  const indent = outer + unitOf(text);
  const end = inside.includes('\n') ? '' : eol + outer;
  return { at: open + 1, text: `${eol}${indent}${written(member, text, indent)}${end}` };
};

/** How far the line is indented that a gap ends in; undefined when it ends no line. */
const indentIn = (gap: string): string | undefined =>
  gap.includes('\n') ? gap.slice(gap.lastIndexOf('\n') + 1) : undefined;

const unitOf = (text: string): string => /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';

const written = ([name, value]: Member, text: string, indent: string | undefined): string => {
  if (indent === undefined) return `${JSON.stringify(name)}: ${JSON.stringify(value)}`;
  const lines = JSON.stringify(value, null, unitOf(text)).split('\n');
  return `${JSON.stringify(name)}: ${lines.join(lineEndOf(text) + indent)}`;
};

/** The piece by which a member of the object at a path leaves a JSON text, with its comma; undefined when it is not there. */
export const jsonMemberPiece = (text: string, path: readonly string[], name: string): Piece | undefined => {
  const object = jsonObjectAt(text, path);
  const index = object?.members.findLastIndex((member) => member.name === name) ?? -1;
  const member = object?.members[index];
  if (object === undefined || member === undefined) return undefined;
  const [before, after] = [object.members[index - 1], object.members[index + 1]];
  if (after !== undefined) return pieceBetween(text, member.from, after.from);
  return before === undefined
    ? pieceBetween(text, object.open + 1, object.close)
    : pieceBetween(text, before.to, member.to);
};
