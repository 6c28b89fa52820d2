import { spellingsOf, variantCharactersMax, variantsMax } from './glob-spellings.ts';

/**
 * Whether two path patterns can match a common path. The syntax: `*` and `?` within a segment, `**` for any number of
 * segments, `{a,b}`, and `[...]`, which stands for any one character or, as in the routes of web frameworks, for itself.
 * A pattern whose last segment is literal also covers what is below it: `src` meets `src/a.ts`. When that segment looks
 * like a file (`a.ts`) or follows a `**`, it does so only where the other pattern spells the slash out: `src/a.ts` meets
 * `src/a.ts/b`, and not what a `**` could reach below it.
 *
 * Otherwise the answer errs on one side only: a "no" is certain, a "yes" may be wrong for `[...]`, and for patterns so
 * involved that they reach a limit.
 */

export const globCharactersMax = 300;
/** A comparison of two patterns that has looked at this many states ends with "yes". */
const statesMax = 2_000;

/** A pattern, made ready for comparing. */
export interface Glob {
  readonly text: string;
  /** The leading segments without any pattern character; every path that matches begins with them. */
  readonly prefix: readonly string[];
  /** The braces resolved; `undefined` when they stand for too much, and it is taken to meet all below its beginning. */
  readonly variants: readonly Steps[] | undefined;
}

/** A pattern without braces, as steps of a small automaton: character codes, or one of the negative numbers below. */
type Steps = readonly number[];

/** Any character but "/". */
const any = -1;
/** Any run of characters but "/". */
const star = -2;
/** Anything. While parsing: two or more stars, which are `star` unless they are a whole segment. */
const deep = -3;
/** Between segments, any number of whole segments; always followed by `inside`. */
const dirs = -4;
/** Within those segments. */
const inside = -5;
/** The pattern may end here, or go on below; always followed by `deep`. */
const below = -6;
/** The same, but only below a slash that the other pattern spells out. */
const belowNamed = -7;
/** Behind the last step. */
const none = -8;

const slash = 47;
/** Stands for every character that neither pattern names. */
const other = 0;

/** How many patterns are remembered as they were made ready; when there are more, all are forgotten. */
const compiledMax = 5_000;
const compiled = new Map<string, Glob>();

export const compileGlob = (text: string): Glob => {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  if (compiled.size >= compiledMax) compiled.clear();
  const glob = { text, prefix: globPrefix(text), variants: expand(text)?.map(stepsOf) };
  compiled.set(text, glob);
  return glob;
};

/** The leading segments without any pattern character. */
export const globPrefix = (text: string): string[] => {
  const literal: string[] = [];
  for (const segment of text.split('/')) {
    if (/[*?[{]/.test(segment)) break;
    literal.push(segment);
  }
  return literal;
};

/** Whether a text is more than a plain path. */
export const isGlob = (text: string): boolean => /[*?[{]/.test(text);

/**
 * How much comparing a pattern takes: for how many patterns without braces it stands, times the most wildcards that one
 * of these has, counted as at least one. `src/*.{ts,tsx}` has 2.
 */
export const globWeight = ({ variants }: Glob): number => {
  if (variants === undefined) return Number.POSITIVE_INFINITY;
  const wildcards = variants.map(
    (steps) => steps.filter((step) => step === any || step === star || step === deep || step === dirs).length,
  );
  return variants.length * Math.max(1, ...wildcards);
};

export const globsMeet = (a: string, b: string): boolean => compiledMeet(compileGlob(a), compileGlob(b));

/** How much work comparing may still take; it is used up as patterns are compared. */
export interface Effort {
  left: number;
}

/**
 * Whether two patterns meet. The answer follows from the two alone: neither the order in which they are given nor what
 * was compared before changes it, nor how much of the effort is left.
 */
export const compiledMeet = (a: Glob, b: Glob, effort?: Effort): boolean => {
  if (effort !== undefined) effort.left -= 1;
  const shared = Math.min(a.prefix.length, b.prefix.length);
  for (let i = 0; i < shared; i += 1) if (a.prefix[i] !== b.prefix[i]) return false;
  if (a.text === b.text || a.variants === undefined || b.variants === undefined) return true;
  const outcome = a.text < b.text ? recalled(a, b) : recalled(b, a);
  if (effort !== undefined) effort.left -= Math.abs(outcome);
  return outcome > 0;
};

/** What took fewer states is compared anew each time, which is as fast. */
const recalledStatesMin = 32;
/** How many outcomes are remembered; when there are more, all are forgotten. */
const recalledMax = 100_000;
const outcomes = new Map<string, Map<string, number>>();
let outcomesKept = 0;

/** The outcome of comparing two patterns, which is always the same and so is remembered. */
const recalled = (a: Glob, b: Glob): number => {
  const known = outcomes.get(a.text)?.get(b.text);
  if (known !== undefined) return known;
  const outcome = compared(a, b);
  if (Math.abs(outcome) < recalledStatesMin) return outcome;
  if (outcomesKept >= recalledMax) {
    outcomes.clear();
    outcomesKept = 0;
  }
  const ofA = outcomes.get(a.text) ?? new Map<string, number>();
  outcomes.set(a.text, ofA.set(b.text, outcome));
  outcomesKept += 1;
  return outcome;
};

/** How many states were looked at to find out; negative when the two do not meet. */
const compared = ({ variants: ones = [] }: Glob, { variants: twos = [] }: Glob): number => {
  const budget: Effort = { left: statesMax };
  const met = ones.some((one) => twos.some((two) => meet(one, two, budget)));
  const spent = Math.max(1, statesMax - Math.max(0, budget.left));
  return met ? spent : -spent;
};

/** Resolves the braces and brackets of a pattern into sequences of character codes, `any`, `star` and `deep`. */
const expand = (text: string): number[][] | undefined => {
  const spellings = spellingsOf(text);
  if (spellings === undefined) return undefined;
  const variants: number[][] = [];
  for (const spelling of spellings) {
    const found = bracketsResolved(spelling);
    if (found === undefined) return undefined;
    variants.push(...found);
  }
  return areTooMuch(variants) ? undefined : variants;
};

const bracketsResolved = (spelling: string): number[][] | undefined => {
  let variants: number[][] = [[]];
  for (let at = 0; at < spelling.length; ) {
    const { alternatives, end } = itemAt(spelling, at);
    variants = variants.flatMap((variant) => alternatives.map((one) => [...variant, ...one]));
    if (areTooMuch(variants)) return undefined;
    at = end;
  }
  return variants;
};

const areTooMuch = (variants: readonly (readonly number[])[]): boolean =>
  variants.length > variantsMax ||
  variants.reduce((sum, variant) => sum + variant.length, 0) > variantCharactersMax;

interface Item {
  readonly alternatives: readonly (readonly number[])[];
  readonly end: number;
}

const plainRun = /[^*?[]+/y;

/** The next piece of a pattern without braces. */
const itemAt = (text: string, at: number): Item => {
  switch (text.charAt(at)) {
    case '*': {
      let end = at + 1;
      while (text.charAt(end) === '*') end += 1;
      return { alternatives: [[end - at === 1 ? star : deep]], end };
    }
    case '?':
      return { alternatives: [[any]], end: at + 1 };
    case '[': {
      const end = text.indexOf(']', at + 2) + 1;
      const itself = text.slice(at, end);
      if (end === 0 || itself.includes('/')) return { alternatives: [codes('[')], end: at + 1 };
      return { alternatives: [[any], codes(itself)], end };
    }
    default: {
      plainRun.lastIndex = at;
      const run = plainRun.exec(text)?.[0] ?? '';
      return { alternatives: [codes(run)], end: at + run.length };
    }
  }
};

/** Characters as Unicode counts them: `?` stands for one of them, whatever UTF-16 makes of it. */
const codes = (text: string): number[] => Array.from(text, (character) => character.codePointAt(0) ?? other);

const stepsOf = (variant: readonly number[]): Steps => {
  const codesIn = tidy(variant);
  const steps: number[] = [];
  for (let i = 0; i < codesIn.length; i += 1) {
    const code = codesIn[i] ?? other;
    const next = codesIn[i + 1];
    const whole = (i === 0 || codesIn[i - 1] === slash) && (next === undefined || next === slash);
    if (code !== deep) steps.push(code);
    else if (!whole) steps.push(star);
    else if (next === undefined) steps.push(deep);
    else {
      steps.push(dirs, inside);
      i += 1;
    }
  }
  const last = codesIn.slice(codesIn.lastIndexOf(slash) + 1);
  if (last.length === 0 || last.some((code) => code < 0)) return steps;
  const named = steps.includes(dirs) || filePattern.test(String.fromCharCode(...last));
  return [...steps, named ? belowNamed : below, deep];
};

const filePattern = /.\.[A-Za-z]\w*$/;

/** Whether the last segment of a path looks like a file and not like a folder. */
export const namesFile = (path: string): boolean => filePattern.test(path.slice(path.lastIndexOf('/') + 1));

/** Without empty segments. */
const tidy = (variant: readonly number[]): number[] => {
  const kept: number[] = [];
  for (const code of variant) {
    const last = kept.at(-1);
    if (code === slash && (last === undefined || last === slash)) continue;
    kept.push(code);
  }
  if (kept.at(-1) === slash) kept.pop();
  return kept;
};

/**
 * Walks through both automata at once. A state is a position in each and whether the path so far ends with "/" (or is
 * empty), since no path has empty segments.
 */
const meet = (a: Steps, b: Steps, budget: Effort): boolean => {
  budget.left -= 1;
  if (endApart(a, b)) return false;
  const width = b.length + 1;
  const seen = emptied((a.length + 1) * width * 2);
  const open: number[] = [];
  const visit = (i: number, j: number, start: number): void => {
    const state = (i * width + j) * 2 + start;
    if (seen[state] === 1) return;
    seen[state] = 1;
    open.push(state);
  };
  const take = (i: number, j: number, code: number): void => {
    const nextA = after(a[i] ?? none, i, code);
    if (nextA < 0) return;
    const nextB = after(b[j] ?? none, j, code);
    if (nextB >= 0) visit(nextA, nextB, code === slash ? 1 : 0);
  };
  const same = commonCodes(a, b);
  visit(same, same, same === 0 || a[same - 1] === slash ? 1 : 0);
  for (let state = open.pop(); state !== undefined; state = open.pop()) {
    budget.left -= 1;
    if (budget.left < 0) return true;
    const start = state & 1;
    const pair = state >> 1;
    const j = pair % width;
    const i = (pair - j) / width;
    if (i === a.length && j === b.length && start === 0) return true;
    const [one, two] = [a[i] ?? none, b[j] ?? none];
    if (skipsOne(one)) visit(i + 1, j, start);
    if (skipsTwo(one)) visit(i + 2, j, start);
    if (skipsOne(two)) visit(i, j + 1, start);
    if (skipsTwo(two)) visit(i, j + 2, start);
    if (one === none || two === none) continue;
    // The characters worth trying are those that one of them names.
    const code = one >= 0 ? one : two >= 0 ? two : other;
    const slashed =
      start === 0 && (one !== belowNamed || two === slash) && (two !== belowNamed || one === slash);
    if (code !== slash) take(i, j, code);
    if (slashed && (code === slash || code === other)) take(i, j, slash);
  }
  return false;
};

let room = new Uint8Array(4_096);

/** Room for so many states, none of them seen. The same for every walk, as they come one after another. */
const emptied = (states: number): Uint8Array => {
  if (room.length < states) room = new Uint8Array(states);
  else room.fill(0, 0, states);
  return room;
};

/** Whether both spell out how a path ends, and not alike. */
const endApart = (a: Steps, b: Steps): boolean => {
  for (let back = 1; back <= a.length && back <= b.length; back += 1) {
    const [one, two] = [a[a.length - back] ?? none, b[b.length - back] ?? none];
    if (one < 0 || two < 0) return false;
    if (one !== two) return true;
  }
  return false;
};

/** How many leading characters both spell alike. */
const commonCodes = (a: Steps, b: Steps): number => {
  let same = 0;
  while (same < a.length && a[same] === b[same] && (a[same] ?? any) >= 0) same += 1;
  return same;
};

/** Whether a step may be passed over without a character, and the next one with it. */
const skipsOne = (step: number): boolean => step === star || step === deep || step === dirs;
const skipsTwo = (step: number): boolean => step === dirs || step === below || step === belowNamed;

/** Where a step leads with this character; -1 = it does not take it. */
const after = (step: number, at: number, code: number): number => {
  switch (step) {
    case any:
      return code === slash ? -1 : at + 1;
    case star:
      return code === slash ? -1 : at;
    case deep:
      return at;
    case dirs:
      return -1;
    case inside:
      return code === slash ? at - 1 : at;
    case below:
    case belowNamed:
      return code === slash ? at + 1 : -1;
    default:
      return step === code ? at + 1 : -1;
  }
};
