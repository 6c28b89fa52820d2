import { hash, randomBytes, randomFillSync } from 'node:crypto';
import type { Area } from '../kernel/area.ts';
import { present } from '../kernel/assert.ts';
import type { Entry, Seq } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { isRecord, trustedJson } from '../kernel/json.ts';
import { Keystream, type Message, nonceBytes } from './keystream.ts';
import type { Store } from './store.ts';
import { type Subject, type SubjectKey, type SubjectKeys, masked, subjectName } from './subject-keys.ts';

/** An entry as it is stored: with `sealed`, its personal members say `erasedText`, and are themselves in the box. */
export interface StoredEntry extends Entry {
  readonly sealed?: readonly [key: string, box: string];
}

/** What stands where a personal text was erased. */
export const erasedText = '[erased]';

const secretBytes = 32;
const idBytes = 9;
const noncesAtOnce = 512;

interface Known {
  /** Undefined = destroyed. */
  readonly stream: Keystream | undefined;
  /** Text under it was seen in this process. */
  seen: boolean;
}

/**
 * Seals the personal members of entries under the key of who wrote them, and opens them again. What is stored, and so
 * what the chain covers, is only what is sealed: with the key destroyed nothing else changes.
 */
export class Sealer {
  /** 32 bits that tell the journal. */
  readonly #mark: number;
  readonly #keys: SubjectKeys;
  /** Of the events that can have personal text. */
  readonly #personal: ReadonlyMap<string, Personal>;
  readonly #known = new Map<string, Known>();
  /** The key that each subject writes with, by its name. */
  readonly #current = new Map<string, string>();
  /** Keys that were met and are not known; and those that were looked for and are nowhere. */
  readonly #unmet = new Set<string>();
  readonly #missing = new Set<string>();
  readonly #nonces = Buffer.alloc(nonceBytes * noncesAtOnce);
  #nonceAt = this.#nonces.length;

  constructor(journal: string, keys: SubjectKeys, areas: readonly Area[]) {
    this.#mark = Number.parseInt(hash('sha256', journal).slice(0, 8), 16);
    this.#keys = keys;
    this.#personal = personalMembers(areas);
  }

  /** Has what these entries need before they can be sealed; undefined when that is here. Throws `StoreFailure`. */
  prepare(entries: readonly Entry[]): Promise<void> | undefined {
    let lacking: Map<string, Subject> | undefined;
    for (const entry of entries) {
      const personal = this.#personal.get(entry.type);
      if (personal === undefined || !hasText(entry, personal)) continue;
      const subject = subjectOf(entry, personal);
      const name = subjectName(subject);
      if (!this.#current.has(name)) (lacking ??= new Map()).set(name, subject);
    }
    return lacking && this.#make(lacking);
  }

  /** Of an entry that was prepared. */
  seal(entry: Entry): StoredEntry {
    const personal = this.#personal.get(entry.type);
    const { data } = entry;
    if (personal === undefined || !isRecord(data)) return entry;
    let hidden: Record<string, unknown> | undefined;
    const covers: Record<string, unknown> = {};
    for (const member of personal.members) {
      const value = data[member];
      if (!isText(value)) continue;
      (hidden ??= {})[member] = value;
      covers[member] = coverOf(value);
    }
    if (hidden === undefined) return entry;
    const name = subjectName(subjectOf(entry, personal));
    const id = present(this.#current.get(name), 'an entry is prepared before it is sealed');
    const stream = present(this.#use(id).stream, 'who writes has a key');
    const nonce = this.#nonce();
    const message = { nonce: this.#placed(nonce, entry.seq), bytes: Buffer.from(JSON.stringify(hidden)) };
    const box = stream.over([message]);
    return {
      ...entry,
      data: { ...data, ...covers },
      sealed: [id, Buffer.concat([nonce, ...box]).toString('base64')],
    };
  }

  /**
   * Entries in their order. Without its key, one says what was erased. Refuses what was sealed under another key of that
   * name. Many at once cost a fraction of as many one by one.
   */
  open(stored: readonly StoredEntry[]): Outcome<readonly Entry[]> {
    const entries: Entry[] = [];
    const boxes = new Map<string, Box[]>();
    for (const { sealed, ...entry } of stored) {
      if (sealed !== undefined) this.#addBox(boxes, sealed, { index: entries.length, seq: entry.seq });
      entries.push(entry);
    }
    for (const [id, those] of boxes) {
      const damage = this.#openAll(id, those, entries);
      if (damage !== undefined) return damage;
    }
    return ok(entries);
  }

  #addBox(
    boxes: Map<string, Box[]>,
    [id, text]: readonly [string, string],
    { index, seq }: { readonly index: number; readonly seq: Seq },
  ): void {
    const bytes = Buffer.from(text, 'base64');
    const nonce = this.#placed(bytes.subarray(0, nonceBytes), seq);
    const box = { index, nonce, bytes: bytes.subarray(nonceBytes) };
    const those = boxes.get(id);
    if (those === undefined) boxes.set(id, [box]);
    else those.push(box);
  }

  /** Puts what was sealed under one key into these entries; the refusal when it is not the key. */
  #openAll(id: string, boxes: readonly Box[], entries: Entry[]): Refusal | undefined {
    const known = this.#known.get(id);
    if (known === undefined && !this.#missing.has(id)) this.#unmet.add(id);
    if (known?.stream === undefined) return undefined;
    known.seen = true;
    for (const [i, opened] of known.stream.over(boxes).entries()) {
      const index = present(boxes[i], 'each box was opened').index;
      const entry = present(entries[index], 'each box is of an entry');
      const hidden = hiddenIn(opened);
      if (hidden === undefined) return wrongKey(entry, id);
      if (isRecord(entry.data)) entries[index] = { ...entry, data: { ...entry.data, ...hidden } };
    }
    return undefined;
  }

  /** Whether something was opened without its key, which may be there by now. */
  get lacksKeys(): boolean {
    return this.#unmet.size > 0;
  }

  /** Those that are nowhere, though nobody destroyed them. */
  get missing(): number {
    return this.#missing.size;
  }

  /** Looks once more for the keys that were lacking. Throws `StoreFailure`. */
  async findKeys(): Promise<void> {
    const wanted = [...this.#unmet];
    for (const key of await this.#keys.load()) this.#learn(key);
    for (const id of wanted) {
      this.#unmet.delete(id);
      if (!this.#known.has(id)) this.#missing.add(id);
    }
  }

  /** Forgets these keys at once; whether text under one of them was seen here. */
  condemn(ids: readonly string[]): boolean {
    let seen = false;
    for (const id of ids) {
      seen ||= this.#known.get(id)?.seen === true;
      this.#known.set(id, { stream: undefined, seen: false });
      this.#unmet.delete(id);
    }
    const condemned = new Set(ids);
    for (const [name, id] of this.#current) if (condemned.has(id)) this.#current.delete(name);
    return seen;
  }

  /** Whether one of them has not been destroyed where they are kept. Throws `StoreFailure`. */
  async living(ids: readonly string[]): Promise<boolean> {
    const destroyed = new Set(
      (await this.#keys.load()).flatMap(({ id, secret }) => (secret === undefined ? [id] : [])),
    );
    return ids.some((id) => !destroyed.has(id));
  }

  /** Destroys them for everybody, for good. Throws `StoreFailure`. */
  destroy(ids: readonly string[]): Promise<void> {
    return this.#keys.destroy(ids);
  }

  async #make(lacking: ReadonlyMap<string, Subject>): Promise<void> {
    const names = [...lacking.keys()];
    const kept = await this.#keys.ensure(
      Array.from(lacking.values(), (subject) => ({
        id: randomBytes(idBytes).toString('base64url'),
        subject: masked(subject),
        secret: randomBytes(secretBytes),
      })),
    );
    for (const [i, name] of names.entries()) {
      const key = present(kept[i], 'each subject gets a key');
      this.#learn(key);
      this.#current.set(name, key.id);
    }
  }

  /** What was condemned here stays so. */
  #learn({ id, secret }: SubjectKey): void {
    const known = this.#known.get(id);
    if (secret === undefined) this.#known.set(id, { stream: undefined, seen: known?.seen === true });
    else if (known === undefined) this.#known.set(id, { stream: new Keystream(secret), seen: false });
  }

  #use(id: string): Known {
    const known = present(this.#known.get(id), 'the key that a subject writes with is known');
    known.seen = true;
    return known;
  }

  /** A nonce for this place in this journal: what was sealed for another opens as nonsense here. */
  #placed(nonce: Uint8Array, seq: Seq): Uint8Array {
    const placed = Buffer.alloc(nonceBytes);
    placed.set(nonce.subarray(0, nonceBytes));
    placed.writeInt32BE(placed.readInt32BE(0) ^ this.#mark, 0);
    placed.writeInt32BE(placed.readInt32BE(4) ^ Math.floor(seq / 2 ** 32), 4);
    placed.writeInt32BE(placed.readInt32BE(8) ^ seq, 8);
    return placed;
  }

  #nonce(): Uint8Array {
    if (this.#nonceAt === this.#nonces.length) {
      randomFillSync(this.#nonces);
      this.#nonceAt = 0;
    }
    const from = this.#nonceAt;
    this.#nonceAt += nonceBytes;
    return this.#nonces.subarray(from, this.#nonceAt);
  }
}

/** What is sealed of the entry at `index`. */
interface Box extends Message {
  readonly index: number;
}

/** The members that were hidden; undefined where another key makes nothing of them. */
const hiddenIn = (opened: Buffer): object | undefined => {
  try {
    return trustedJson<object>(opened.toString('utf8'));
  } catch {
    return undefined;
  }
};

const wrongKey = ({ seq }: Entry, id: string): Refusal =>
  refuse(
    'journal_corrupt',
    `Entry ${seq} of the journal was sealed under the key ${id}, and the key of this name does not open it. Nothing was changed. Put back the keys that belong to this journal.`,
    { seq, key: id },
  );

/** What seals the text of a journal; undefined where its store keeps no keys. */
export const sealerFor = ({ identity, subjectKeys }: Store, areas: readonly Area[]): Sealer | undefined =>
  subjectKeys && new Sealer(identity.id, subjectKeys, areas);

/** The members of an event that can hold personal text, and the one that names whose it is. */
interface Personal {
  readonly members: readonly string[];
  readonly of: string | undefined;
}

/** Of the events that can have personal text. */
export const personalMembers = (areas: readonly Area[]): ReadonlyMap<string, Personal> =>
  new Map(
    areas.flatMap(({ events }) =>
      Object.entries(events).flatMap(([type, { personal: members, personalOf: of }]) =>
        members.length === 0 ? [] : [[type, { members, of }] as const],
      ),
    ),
  );

export const hasText = ({ data }: Entry, { members }: Personal): boolean =>
  isRecord(data) && members.some((member) => isText(data[member]));

/** Whose text it is: who wrote it, or the agent that its author is about to speak for. */
export const subjectOf = (
  { actor: { principal, agent }, data }: Entry,
  { of }: Pick<Personal, 'of'>,
): Subject => {
  const named = of === undefined || !isRecord(data) ? undefined : data[of];
  const whose = typeof named === 'string' ? named : agent;
  return whose === undefined ? { principal } : { principal, agent: whose };
};

/** Whether a member says something: a text, or a list or record that is not empty. */
const isText = (value: unknown): boolean => {
  if (typeof value === 'string') return value !== '';
  if (Array.isArray(value)) return value.length > 0;
  return isRecord(value) && Object.keys(value).length > 0;
};

/** Of the same shape, so that whatever folds or shows it needs not know. */
const coverOf = (value: unknown): unknown => {
  if (Array.isArray(value)) return [erasedText];
  return isRecord(value) ? { erased: erasedText } : erasedText;
};
