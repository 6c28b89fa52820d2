import type { KnownFlag } from './flags.ts';
import type { Shell } from './completion-scripts.ts';
import { cellOf } from './shown.ts';

/** Something that could stand where the cursor is. */
export interface Candidate {
  readonly value: string;
  /** What it is, in a few words; may hold the text of others. */
  readonly remark: string;
}

/** What the words of a line may be completed with. */
export type Wanted =
  | { readonly kind: 'these'; readonly candidates: readonly Candidate[] }
  /** What there is of these can only the hub say. */
  | { readonly kind: 'tasks' | 'ready tasks' | 'agents' | 'workspaces' }
  | { readonly kind: 'files' };

/** A value, and the part of the word before it that stays as it is. */
export interface Place {
  readonly wanted: Wanted;
  readonly before: string;
  readonly prefix: string;
}

const nothing: Wanted = { kind: 'these', candidates: [] };

/** What a value may be, by the flag that takes it. */
const valuesOf = ({ name, placeholder, choices }: KnownFlag): Wanted => {
  if (choices !== undefined) return { kind: 'these', candidates: plain(choices) };
  if (placeholder === 'ID') return { kind: 'tasks' };
  if (placeholder === 'DIR' || placeholder === 'FILE') return { kind: 'files' };
  if (name === 'agent' || name === 'holder') return { kind: 'agents' };
  return name === 'workspace' ? { kind: 'workspaces' } : nothing;
};

export const plain = (values: readonly string[]): readonly Candidate[] =>
  values.map((value) => ({ value, remark: '' }));

export interface Typing {
  /** Of the command that was typed so far. */
  readonly flags: readonly KnownFlag[];
  /** What the next word without a flag may be. */
  readonly word: Wanted;
}

/** Where the cursor is: behind a flag that takes a value, in a flag, or at a word. */
export const placeOf = (words: readonly string[], { flags, word }: Typing): Place => {
  const current = words.at(-1) ?? '';
  const previous = words.at(-2) ?? '';
  const named = (text: string): KnownFlag | undefined => flags.find(({ name }) => text === `--${name}`);
  const waiting = named(previous);
  if (waiting?.placeholder !== undefined) return { wanted: valuesOf(waiting), before: '', prefix: current };
  const [, flag = '', value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (value !== undefined) {
    const inline = named(flag);
    return { wanted: inline === undefined ? nothing : valuesOf(inline), before: `${flag}=`, prefix: value };
  }
  if (!current.startsWith('-')) return { wanted: word, before: '', prefix: current };
  const given = new Set(words.slice(0, -1).map((text) => text.replace(/=.*$/s, '')));
  const candidates = flags
    .filter(({ name, many }) => many === true || !given.has(`--${name}`))
    .flatMap(({ name, no, meaning }) => [
      { value: `--${name}`, remark: meaning },
      ...(no === true && current.startsWith('--no') ? [{ value: `--no-${name}`, remark: meaning }] : []),
    ]);
  return { wanted: { kind: 'these', candidates }, before: '', prefix: current };
};

/** bash takes `=` for the end of a word; put together again, lines read alike in all shells. */
export const joined = (words: readonly string[]): readonly string[] => {
  const whole: string[] = [];
  let glue = false;
  for (const word of words) {
    const flag = whole.at(-1) ?? '';
    if ((word === '=' && /^--[^=]+$/.test(flag)) || glue) {
      whole[whole.length - 1] = flag + word;
      glue = word === '=' && !glue;
    } else whole.push(word);
  }
  return whole;
};

/** What a shell is told, a line for each. bash shows values only; fish wants the word as a whole. */
export const completionLines = (
  shell: Shell,
  { before, prefix }: Pick<Place, 'before' | 'prefix'>,
  candidates: readonly Candidate[],
): readonly string[] =>
  candidates
    .filter(({ value }) => value.startsWith(prefix))
    .map(({ value, remark }) => {
      const whole = shell === 'fish' ? before + value : value;
      return shell === 'bash' || remark === '' ? whole : `${whole}\t${cellOf(remark)}`;
    });
