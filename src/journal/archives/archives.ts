import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Seq } from '../../kernel/entry.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { fileRefusal, isAbsent } from '../file-faults.ts';
import { type JournalIdentity, type LinkedRow, StoreFailure, type StoredRow } from '../store.ts';
import { ArchiveFile } from './file.ts';
import {
  type ArchiveRange,
  archiveFolder,
  damagedArchive,
  draftSuffix,
  missingArchive,
  rangeIn,
  missingArchives,
  unknownArchives,
} from './format.ts';

/** An archive that lies in the folder, by what its name says. */
export interface ListedArchive extends ArchiveRange {
  readonly path: string;
}

const covering =
  (seq: Seq) =>
  ({ first, last }: ArchiveRange): boolean =>
    first <= seq && seq <= last;

/** The archives of one journal. What cannot be read of them is thrown as `StoreFailure` that names the file. */
export class Archives {
  readonly folder: string;
  readonly #isKnown: boolean;
  readonly #identity: JournalIdentity;
  readonly #files = new Map<string, ArchiveFile>();
  #listed: readonly ListedArchive[] = [];

  /** `folder`: that of all journals' archives; undefined where it is not known, and so no archive is found. */
  constructor(folder: string | undefined, identity: JournalIdentity) {
    this.folder = join(folder ?? '', archiveFolder(identity));
    this.#isKnown = folder !== undefined;
    this.#identity = identity;
  }

  async list(): Promise<readonly ListedArchive[]> {
    if (!this.#isKnown) return [];
    try {
      const names = (await readdir(this.folder)).toSorted();
      this.#listed = names.flatMap((name) => {
        const range = rangeIn(name);
        return range === undefined ? [] : [{ path: join(this.folder, name), ...range }];
      });
    } catch (thrown) {
      if (!isAbsent(thrown)) throw this.#failure(this.folder, thrown);
      this.#listed = [];
    }
    return this.#listed;
  }

  /** Why not all of the entries up to `base` can be here; undefined when there is a file for each. */
  async lacking(base: Seq): Promise<Refusal | undefined> {
    if (base === 0) return undefined;
    const listed = await this.list();
    for (let seq = 1; seq <= base; ) {
      const one = listed.find(covering(seq));
      if (one === undefined) return this.#missing(seq, base);
      seq = one.last + 1;
    }
    return undefined;
  }

  /** Takes away what was never finished. Nobody else may be writing an archive of this journal. */
  async removeDrafts(): Promise<void> {
    try {
      for (const name of await readdir(this.folder))
        if (name.endsWith(draftSuffix)) await rm(join(this.folder, name), { force: true });
    } catch (thrown) {
      if (!isAbsent(thrown)) throw this.#failure(this.folder, thrown);
    }
  }

  /** Up to `limit` entries behind `after`, none beyond `base`. */
  async read(after: Seq, limit: number, base: Seq): Promise<readonly StoredRow[]> {
    const rows: StoredRow[] = [];
    const upTo = Math.min(base, after + limit);
    for (let last = after; last < upTo; last = rows.at(-1)?.seq ?? last) {
      const file = await this.#fileOf(last + 1, base);
      const some = await this.#reading(file, () => file.read(last, upTo - last));
      if (some.length === 0) throw new StoreFailure(damagedArchive(file.path, `it has no entry ${last + 1}`));
      rows.push(...some);
    }
    return rows;
  }

  async readAt(seq: Seq, base: Seq): Promise<LinkedRow> {
    const file = await this.#fileOf(seq, base);
    return this.#reading(file, () => file.readAt(seq));
  }

  async #fileOf(seq: Seq, base: Seq): Promise<ArchiveFile> {
    const covers = covering(seq);
    const listed = this.#listed.find(covers) ?? (await this.list()).find(covers);
    if (listed === undefined) throw new StoreFailure(this.#missing(seq, base));
    const known = this.#files.get(listed.path);
    if (known !== undefined) return known;
    const file = await this.#reading(listed, () => ArchiveFile.open(listed.path));
    const { journal, first, last } = file.header;
    const { id, generation } = this.#identity;
    if (journal.id !== id || journal.generation !== generation)
      throw new StoreFailure(damagedArchive(listed.path, 'it is of another journal'));
    if (first !== listed.first || last !== listed.last)
      throw new StoreFailure(damagedArchive(listed.path, `it has entries ${first} to ${last}`));
    this.#files.set(listed.path, file);
    return file;
  }

  /** A file that is gone by now is looked for again at the next reading. */
  async #reading<T>({ path }: { readonly path: string }, read: () => Promise<T>): Promise<T> {
    try {
      return await read();
    } catch (thrown) {
      this.#files.delete(path);
      this.#listed = [];
      const range = isAbsent(thrown) ? rangeIn(path.slice(this.folder.length + 1)) : undefined;
      if (range !== undefined) throw new StoreFailure(missingArchive(path, range));
      throw this.#failure(path, thrown);
    }
  }

  /** What lies between the archives that are there tells which entries are missing. */
  #missing(seq: Seq, base: Seq): Refusal {
    const first = Math.max(0, ...this.#listed.map(({ last }) => last).filter((last) => last < seq)) + 1;
    const next = Math.min(base + 1, ...this.#listed.map((one) => one.first).filter((from) => from > seq));
    return (this.#isKnown ? missingArchives : unknownArchives)(this.folder, { first, last: next - 1 });
  }

  #failure(path: string, thrown: unknown): StoreFailure {
    return new StoreFailure(
      fileRefusal(path, thrown, `The archive ${path} cannot be read. Nothing was changed`),
    );
  }
}
