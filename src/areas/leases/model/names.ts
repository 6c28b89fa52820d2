import { compileGlob, globCharactersMax, globWeight } from '../../../kernel/glob.ts';
import { spellingsOf } from '../../../kernel/glob-spellings.ts';
import { printable } from '../../../kernel/text.ts';
import {
  branchCharactersMax,
  globWeightMax,
  nameCharactersMax,
  segmentCharactersMax,
  segmentsMax,
} from './limits.ts';

/** What a lock is on: a path whose first segment is the kind. Of a file or branch the second one is all the rest. */
interface LockName {
  /** The one way in which answers and entries write it. */
  readonly text: string;
  readonly segments: readonly string[];
}

export type Reading =
  | { readonly ok: true; readonly lock: LockName }
  | { readonly ok: false; readonly fault: string };

export const fileKind = 'file';
const branchKind = 'branch';
const resourceKind = 'resource';

/** Stands for whatever the branch of the caller is called after. */
export const work = 'work';

export const isWork = (name: string): boolean => name.trim().toLowerCase() === work;

const kindPattern = /^([A-Za-z][A-Za-z0-9_-]{0,31}):(.*)$/s;
const wordPattern = /^[a-z0-9_][a-z0-9._+@-]*$/;
const partPattern = /^[a-z0-9][a-z0-9_-]*$/;
/** `5c-1`, as branches write it, and what lies below that. */
const dashedPattern = /^(\d+[a-z]?)-(\d+)(?=\.|$)/;
/** What cannot be seen, and so would make two names that look alike: joiners, direction marks, fillers. */
const unseenPattern = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u2800]/u;
/** What some shells read as a pattern, and others and git as plain text: ranges, groups behind a sign, classes of characters. */
const shellPattern = /\{[^{}/]*\.\.[^{}/]*\}|[+@!?*]\([^/]*\)|\[[^\]/]*\[(?:[:=]|\.[^\]/]*\.\])|\[[!^]\]/;
/** A bracket that ends beyond a brace. */
const acrossPattern = /\[[^\]]*[{}][^\]]*\]/;
/** A part that is `.` or `..`, or can be: a shell has `?` and a bracket stand for a dot as well, but not in front. */
const dotsPattern = /^(?:\.|\[\.+\]){1,2}$|^\.(?:\?|\[[^\]]*\])$/;
/** What begins so is not relative, or a shell would make something else of it: a drive, and a home folder. */
const rootedPattern = /^(?:[A-Za-z]:|~)/;
/** What git lets no branch be called: the rules of `git check-ref-format`, and HEAD. */
const noBranchPattern = /[\s~^:?*[\\]|\.\.|@\{|^[-/]|\/$|\/\/|(?:^|\/)\.|\.$|\.lock(?:$|\/)|^HEAD$/;

const fault = (text: string): Reading => ({ ok: false, fault: text });

const read = (segments: readonly string[], text: string): Reading => {
  if (segments.length > segmentsMax) return fault(`a lock name has at most ${segmentsMax - 1} parts`);
  return { ok: true, lock: { text, segments } };
};

/** LE1 to LE4: the lock that a name means, or what is wrong with it. Reading its text again gives the same lock. */
export const readLockName = (given: string): Reading => {
  const name = given.trim();
  if (name.length > nameCharactersMax)
    return fault(`a lock name has at most ${nameCharactersMax} characters`);
  const found = kindPattern.exec(name);
  const kind = found?.[1]?.toLowerCase() ?? resourceKind;
  const rest = found?.[2] ?? name;
  switch (kind) {
    case fileKind:
      return fileLock(rest);
    case branchKind:
      return branchLock(rest);
    case 'wave':
    case 'role':
      return dottedLock(kind, rest);
    default:
      return pathLock(kind, rest);
  }
};

/** A path is compared by its characters, whichever of the two ways of writing an accent they came in. */
const fileLock = (rest: string): Reading => {
  const path = rest
    .trim()
    .normalize('NFC')
    .replace(/^(?:\.\/)+/, '')
    .replace(/\/$/, '/**');
  const legible = printable(path) === path && !unseenPattern.test(path) && !path.includes('\\');
  // What stands for too much to be resolved is refused below, for that.
  const spellings = spellingsOf(path) ?? [];
  if (!legible || path.length > globCharactersMax || !spellings.every(isBelowRoot)) {
    return fault(
      `a file lock is on a relative path or glob of at most ${globCharactersMax} characters, with "/", without ".." or empty parts, spaces around a part and characters that cannot be seen, in whichever way its braces and brackets are read, like file:src/**`,
    );
  }
  if (spellings.some((spelling) => shellPattern.test(spelling)) || shellPattern.test(path)) {
    return fault(
      'shells do not agree on what {a..b}, +(a|b) and [[:alpha:]] match; write {a,b}, [...], *, ? or **, or lock the folder',
    );
  }
  if (mixesBrackets(path)) {
    return fault(
      'shells do not agree on a "[" inside braces, or on braces inside "[...]"; write the names one by one, or lock the folder',
    );
  }
  return globWeight(compileGlob(path)) > globWeightMax
    ? fault(
        `the glob is too involved to be compared: the number of its alternatives times that of its wildcards is more than ${globWeightMax}; lock the folder instead, like file:src/**`,
      )
    : read([fileKind, path], `${fileKind}:${path}`);
};

/** Whether a path without braces is relative, and stays so whichever of its wildcards stands for a dot. */
const isBelowRoot = (path: string): boolean =>
  !rootedPattern.test(path) &&
  path
    .split('/')
    .every((segment) => segment !== '' && segment.trim() === segment && !dotsPattern.test(segment));

const mixesBrackets = (path: string): boolean => {
  let depth = 0;
  for (const character of path) {
    if (character === '{') depth += 1;
    if (character === '}') depth = Math.max(0, depth - 1);
    if (character === '[' && depth > 0) return true;
  }
  return acrossPattern.test(path);
};

const branchLock = (rest: string): Reading =>
  rest === '' ||
  rest.length > branchCharactersMax ||
  noBranchPattern.test(rest) ||
  unseenPattern.test(rest) ||
  printable(rest) !== rest
    ? fault(`no branch can be called so; name it as git does, in at most ${branchCharactersMax} characters`)
    : read([branchKind, rest], `${branchKind}:${rest}`);

const withoutZeros = (text: string): string => text.replace(/^0+(?=\d)/, '');

/** `wave:5c`, `wave:5c.1`, `role:reviewer`, `role:5c.reviewer`. */
const dottedLock = (kind: string, rest: string): Reading => {
  const parts = rest.toLowerCase().replace(dashedPattern, '$1.$2').split('.').map(withoutZeros);
  return parts.every((part) => part.length <= segmentCharactersMax && partPattern.test(part))
    ? read([kind, ...parts], `${kind}:${parts.join('.')}`)
    : fault(
        `the parts of a ${kind} are letters, digits, "_" and "-" with a dot between them, like ${kind}:5c${kind === 'role' ? '.reviewer' : '.1'}`,
      );
};

const pathLock = (kind: string, rest: string): Reading => {
  const words = rest.toLowerCase().split('/');
  const faulty = words.find(
    (word) => word.length > segmentCharactersMax || !wordPattern.test(word) || word.includes('..'),
  );
  if (faulty !== undefined) {
    return fault(
      `the parts of a lock name are letters, digits and ". _ + @ -" with "/" between them, up to ${segmentCharactersMax} characters each, like pytest, issue:42 or deploy:prod/eu`,
    );
  }
  const parts =
    kind === 'issue' ? words.map((word) => (/^\d+$/.test(word) ? withoutZeros(word) : word)) : words;
  const path = parts.join('/');
  return read([kind, ...parts], kind === resourceKind && path !== work ? path : `${kind}:${path}`);
};

/** How a path is written whose parts are in their one form already. */
const textOf = ([kind = '', ...parts]: readonly string[]): string =>
  `${kind}:${parts.join(kind === 'wave' || kind === 'role' ? '.' : '/')}`;

/** The lock that lies as far below this one; `undefined` when it has no such parts. */
export const partOf = (whole: string, below: readonly string[]): string | undefined => {
  const segments = segmentsOf(whole);
  if (segments[0] === fileKind || segments[0] === branchKind) return undefined;
  const reading = readLockName(textOf([...segments, ...below]));
  return reading.ok && reading.lock.segments.length === segments.length + below.length
    ? reading.lock.text
    : undefined;
};

/** The locks that a lock is a part of, the nearest first. */
export function* wholesOf(segments: readonly string[]): Generator<string> {
  for (let depth = segments.length - 1; depth >= 2; depth -= 1) {
    const reading = readLockName(textOf(segments.slice(0, depth)));
    if (reading.ok) yield reading.lock.text;
  }
}

/** Whether one of the two is the other one, or a part of it. */
export const inOneLine = (a: string, b: string): boolean => {
  const [one, two] = [segmentsOf(a), segmentsOf(b)];
  return one.slice(0, two.length).every((segment, depth) => segment === two[depth]);
};

/** Whether it says what somebody is, and not what they work on. */
export const isRole = (text: string): boolean => segmentsOf(text)[0] === 'role';

/** A name that was read before, as entries and tables hold it. */
export const segmentsOf = (text: string): readonly string[] => {
  const reading = readLockName(text);
  return reading.ok ? reading.lock.segments : [resourceKind, text];
};

/** Up to one word in front; a number ends where the word ends, and a letter behind it is the last. */
const branchPattern =
  /^(?:[\w.-]+\/)?(?:issue-(?<issue>\d+)(?![a-z0-9.\u0080-\uffff])|wave-(?<wave>\d+[a-z]?)[.-](?<part>\d+)(?![a-z0-9.\u0080-\uffff])|wave-(?<whole>\d+[a-z]?)(?![a-z0-9.\u0080-\uffff]|-\d))/i;

/** LE5: the lock that `work` means on a branch. */
export const readWork = (branch: string | undefined): Reading => {
  // As `git symbolic-ref HEAD` prints it.
  const name = branch?.trim().replace(/^refs\/heads\//, '') ?? '';
  if (name === '' || name === 'HEAD') {
    return fault(
      'the lock "work" is named after a branch, and none is checked out or given; pass branch, or the name of a lock such as issue:42',
    );
  }
  const reading = branchLock(name);
  if (!reading.ok) return reading;
  const { issue, wave, part, whole } = branchPattern.exec(name)?.groups ?? {};
  if (issue !== undefined) return readLockName(`issue:${issue}`);
  if (wave !== undefined) return readLockName(`wave:${wave}.${part ?? ''}`);
  return whole === undefined ? reading : readLockName(`wave:${whole}`);
};
