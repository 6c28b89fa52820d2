import { nameLengthMax } from '../../kernel/names.ts';
import { notMentionedMax } from './model/limits.ts';
import { proseOf } from './prose.ts';

/** What a text says with an at sign. */
interface Mentions {
  /** The agents that it names, each once, in the order of their first mention. */
  readonly agents: readonly string[];
  /** What is written like a mention and names no agent. */
  readonly strangers: readonly string[];
  /** Agents whose name stands behind an at sign and that are not mentioned, because it is code, an address or a path. */
  readonly unmentioned: readonly string[];
}

/** How many of the names that nobody has a refusal could use. */
const strangersMax = 5;

/**
 * The agents that a text mentions: `@name`, at the beginning or behind something that no address, package or path is
 * made of, and not within code or a URL. The longest name counts that an agent has; punctuation behind it is no part of
 * it, but a name does not end within a word. `@name(` is a decorator, `@name/x` a package, `@name@host` an address;
 * `@name/@name` are two mentions, and three dots are no part of an address.
 * Letters of scripts without spaces may stand on both sides, and underscores that could be emphasis before it.
 */
export const mentionsIn = (text: string, isAgent: (name: string) => boolean): Mentions => {
  // Nearly all texts are settled by this, and telling prose from code costs more than all the rest.
  if (!text.includes('@')) return nobody;
  const named = agentsNamedIn(text, isAgent);
  const { agents, strangers } = mentionsInProse(
    named.size === 0 ? text : withoutUrls(proseOf(text)),
    isAgent,
  );
  for (const name of agents) named.delete(name);
  return {
    agents: [...agents],
    strangers: [...strangers],
    unmentioned: [...named].slice(0, notMentionedMax),
  };
};

const nobody: Mentions = { agents: [], strangers: [], unmentioned: [] };

/** All agents whose names stand behind an at sign, wherever that is. */
const agentsNamedIn = (text: string, isAgent: (name: string) => boolean): Set<string> => {
  const named = new Set<string>();
  for (const { 1: written = '' } of text.matchAll(nameBehindAt)) {
    const name = agentIn(written, isAgent);
    if (name !== undefined) named.add(name);
  }
  return named;
};

const nameBehindAt = /@([A-Za-z0-9][A-Za-z0-9._-]*)/g;

const mentionsInProse = (
  prose: string,
  isAgent: (name: string) => boolean,
): { readonly agents: ReadonlySet<string>; readonly strangers: ReadonlySet<string> } => {
  const agents = new Set<string>();
  const strangers = new Set<string>();
  /** Where the last mention ends. */
  let end = -1;
  for (const { 0: whole, 1: written = '', index } of prose.matchAll(mention)) {
    if (slash.test(prose.slice(Math.max(0, index - 1), index)) && index - 1 !== end) continue;
    if (host.test(written) && letterAtEnd.test(prose.slice(Math.max(0, index - 2), index))) continue;
    const name = agentIn(written, isAgent);
    if (name !== undefined) {
      agents.add(name);
      end = index + whole.length;
    } else if (strangers.size < strangersMax && written.length <= nameLengthMax)
      strangers.add(written.replace(punctuationBehind, ''));
  }
  return { agents, strangers };
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
  String.raw`@(?<![[${letter}]%+\-@]_*@|\/_+@|(?<!\.\.)\._*@)([A-Za-z0-9][A-Za-z0-9._\-]*)(?![[${letter}]._\-@\(]|\/[\p{L}\p{N}])`,
  'gv',
);

const slash = /\//;

/** An address may have any letters before its host. */
const host = /\.[A-Za-z]{2,}$/;
const letterAtEnd = /\p{L}$/u;

/** It is looked for at the beginning of a run only: looking at each of its characters takes a second for a long one. */
const punctuationBehind = /(?<![._-])[._-]+$/;

/** The longest beginning of what was written that is an agent's name and leaves out nothing but punctuation. */
const agentIn = (written: string, isAgent: (name: string) => boolean): string | undefined => {
  const shortest = written.length - (punctuationBehind.exec(written)?.[0].length ?? 0);
  for (let end = Math.min(written.length, nameLengthMax); end >= shortest; end -= 1) {
    const name = written.slice(0, end);
    if (isAgent(name)) return name;
  }
  return undefined;
};

/** Where a URL ends: no blank, and none of the full-width punctuation that follows it in a sentence, is part of one. */
const within = String.raw`[^\s<>"\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]`;

/** With a scheme, or a host of several parts and a path behind it. */
const url = new RegExp(
  String.raw`[a-z][a-z0-9+.-]{0,30}:\/\/${within}+|\bmailto:${within}+|(?<![\w@.-])(?:[\w-]{1,63}\.){1,10}[a-z]{2,20}\/${within}*`,
  'gi',
);

const withoutUrls = (text: string): string =>
  text.includes('/') || text.includes(':') ? text.replaceAll(url, ' ') : text;
