import { globCharactersMax } from '../../../kernel/glob.ts';
import { printable } from '../../../kernel/text.ts';
import { branchCharactersMax, nameCharactersMax, segmentCharactersMax, segmentsMax } from './limits.ts';

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

const kindPattern = /^([A-Za-z][A-Za-z0-9_-]{0,31}):(.*)$/s;
const wordPattern = /^[a-z0-9_][a-z0-9._+@-]*$/;
const partPattern = /^[a-z0-9][a-z0-9_-]*$/;
/** `5c-1`, as branches write it. */
const dashedPattern = /^(\d+[a-z]?)-(\d+)$/;
/** What git lets no branch be called, apart from rules about where a dot or slash may stand. */
const noBranchPattern = /[\s~^:?*[\\]|\.\.|@\{|^[-/]|\/$|\/\//;

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

const fileLock = (rest: string): Reading => {
  const path = rest.replace(/^(?:\.\/)+/, '').replace(/\/$/, '/**');
  const plain = path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..');
  return plain && path.length <= globCharactersMax && !path.includes('\\') && printable(path) === path
    ? read([fileKind, path], `${fileKind}:${path}`)
    : fault(
        `a file lock is on a relative path or glob of at most ${globCharactersMax} characters, with "/" and without ".." or empty parts, like file:src/**`,
      );
};

const branchLock = (rest: string): Reading =>
  rest === '' || rest.length > branchCharactersMax || noBranchPattern.test(rest) || printable(rest) !== rest
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

/** A name that was read before, as entries and tables hold it. */
export const segmentsOf = (text: string): readonly string[] => {
  const reading = readLockName(text);
  return reading.ok ? reading.lock.segments : [resourceKind, text];
};

/** Up to one word in front; a number ends where the word ends, and a letter behind it is the last. */
const branchPattern =
  /^(?:[\w.-]+\/)?(?:issue-(?<issue>\d+)(?![a-z0-9.])|wave-(?<wave>\d+[a-z]?)[.-](?<part>\d+)(?![a-z0-9.])|wave-(?<whole>\d+[a-z]?)(?![a-z0-9.]))/i;

/** LE5: the lock that `work` means on a branch. */
export const readWork = (branch: string | undefined): Reading => {
  const name = branch?.trim() ?? '';
  if (name === '' || name === 'HEAD') {
    return fault(
      'the lock "work" is named after a branch, and none is checked out or given; pass branch, or the name of a lock such as issue:42',
    );
  }
  const { issue, wave, part, whole } = branchPattern.exec(name)?.groups ?? {};
  if (issue !== undefined) return readLockName(`issue:${issue}`);
  if (wave !== undefined) return readLockName(`wave:${wave}.${part ?? ''}`);
  return readLockName(whole === undefined ? `${branchKind}:${name}` : `wave:${whole}`);
};
