import type { SearchQuery } from '../../kernel/search.ts';
import type { Term } from './terms.ts';

/** What can be asked of an entry besides its words. Kept as words of a column of their own, so that filters cost little. */
type Tag = 'area' | 'kind' | 'agent' | 'to' | 'visible';

const letters: Readonly<Record<Tag, string>> = { area: 'a', kind: 'k', agent: 'g', to: 't', visible: 'v' };

const tagsKeptMax = 10_000;
const tags = new Map<string, string>();

/**
 * In hexadecimal: a word of the index has no capitals and no dots, and names differ in them. Most are asked for again
 * and again, and finding one takes a tenth of making it.
 */
export const tagOf = (tag: Tag, value: string): string => {
  const name = letters[tag] + value;
  const known = tags.get(name);
  if (known !== undefined) return known;
  if (tags.size >= tagsKeptMax) tags.clear();
  const made = letters[tag] + Buffer.from(value, 'utf8').toString('hex');
  tags.set(name, made);
  return made;
};

/** Of entries that everybody may see. Not in hexadecimal, so no name is like it. */
export const publicTag = 'public';

/**
 * The expression that FTS5 is given. Every word in it is in quotes and made of letters, digits and marks alone, so
 * nothing that was typed can be an operator or a mistake. Who asks for what it may not see, asks for nothing.
 */
export const matchOf = (
  terms: readonly Term[],
  { areas, kinds, agent, to }: SearchQuery,
  viewer: string | undefined,
): string =>
  [
    `text : (${terms.map(termText).join(' AND ')})`,
    ...(viewer === undefined ? [] : [anyOf([publicTag, tagOf('visible', viewer)])]),
    ...(areas === undefined ? [] : [anyOf(areas.map((area) => tagOf('area', area)))]),
    ...(kinds === undefined ? [] : [anyOf(kinds.map((kind) => tagOf('kind', kind)))]),
    ...(agent === undefined ? [] : [anyOf([tagOf('agent', agent)])]),
    ...(to === undefined ? [] : [anyOf([tagOf('to', to)])]),
  ].join(' AND ');

const termText = ({ words, isBeginning }: Term): string => `"${words.join(' ')}"${isBeginning ? ' *' : ''}`;

const anyOf = (tags: readonly string[]): string => `tags : (${tags.map((tag) => `"${tag}"`).join(' OR ')})`;
