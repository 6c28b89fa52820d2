import { isRecord } from '../../src/kernel/json.ts';
import type { Slices } from '../../src/kernel/slices.ts';
import type { Table } from '../../src/kernel/table.ts';

const isTable = (value: object): value is Table<unknown, never> => 'scan' in value && 'settle' in value;

/** Numbers that are kept in blocks, whose bounds are of no concern. */
const isBlocks = (value: object): value is { readonly blocks: readonly (readonly unknown[])[] } =>
  'blocks' in value && 'size' in value && Array.isArray(value.blocks);

const isPlain = (value: object): boolean =>
  Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null;

/** Equal values have equal texts, in whatever order their members and records stand; what is undefined is not there. */
const textOf = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(textOf).join()}]`;
  if (!isRecord(value))
    return typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? 'nothing');
  if (isTable(value)) return `{${Array.from(value.values(), textOf).toSorted().join()}}`;
  if (isBlocks(value)) return textOf(value.blocks.flat());
  if (!isPlain(value))
    throw new Error(`A state has something that nobody can compare: ${value.constructor.name}`);
  const members = Object.keys(value).filter((name) => value[name] !== undefined);
  return `{${members
    .toSorted()
    .map((name) => `${name}:${textOf(value[name])}`)
    .join()}}`;
};

/** All that a state consists of, whether or not a snapshot would hold it: sorted lines, one for each record. */
const contentOf = (slices: Slices): readonly string[] => {
  const lines: string[] = [];
  for (const [area, slice] of Object.entries(slices))
    for (const [name, part] of Object.entries(slice)) {
      const at = `${area}.${name} `;
      if (isRecord(part) && isTable(part))
        for (const record of part.values()) lines.push(at + textOf(record));
      else lines.push(at + textOf(part));
    }
  return lines.toSorted();
};

const areAllAlike = (ones: Iterable<unknown>, others: Iterable<unknown>): boolean => {
  const rest = others[Symbol.iterator]();
  for (const one of ones) {
    const next = rest.next();
    if (next.done === true || !areAlike(one, next.value)) return false;
  }
  return rest.next().done === true;
};

/** The same members and records, in the same order; when they are not, they may still be equal. */
const areAlike = (one: unknown, other: unknown): boolean => {
  if (Object.is(one, other)) return true;
  if (Array.isArray(one)) return Array.isArray(other) && areAllAlike(one, other);
  if (!isRecord(one) || !isRecord(other)) return false;
  if (isTable(one)) return isTable(other) && areAllAlike(one.values(), other.values());
  if (!isPlain(one) || !isPlain(other)) return false;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => areAlike(one[name], other[name]))
  );
};

const areEqual = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((line, i) => line === other[i]);

const shownCharacters = 160;

/** Where the first lines that only one of them has begin to differ. */
const shownDifference = (first: readonly string[], second: readonly string[]): string => {
  const [one = 'nothing'] = first.filter((line) => !second.includes(line));
  const [other = 'nothing'] = second.filter((line) => !first.includes(line));
  let at = 0;
  while (at < one.length && one[at] === other[at]) at += 1;
  const from = Math.max(0, at - shownCharacters / 2);
  return [one, other]
    .map(
      (line) =>
        `${line.slice(0, from > 0 ? line.indexOf(' ') : 0)} ${line.slice(from, from + shownCharacters)}`,
    )
    .join(' | ');
};

/** Where two states differ, shown; undefined when they hold the same. */
export const differenceOf = (one: Slices, other: Slices): string | undefined => {
  if (areAlike(one, other)) return undefined;
  const [ours, theirs] = [contentOf(one), contentOf(other)];
  return areEqual(ours, theirs) ? undefined : shownDifference(ours, theirs);
};
