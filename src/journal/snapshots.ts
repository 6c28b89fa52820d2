import { type Hash, createHash } from 'node:crypto';
import { open, readFile, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { Slices } from '../kernel/slices.ts';
import type { Area, SavedRow } from '../kernel/area.ts';
import type { Seq } from '../kernel/entry.ts';
import type { Instant } from '../kernel/instants.ts';
import { trustedJson } from '../kernel/json.ts';
import { type Cipher, sealedWith } from './cipher.ts';
import { makeFolder } from './folders.ts';
import type { Head } from './head.ts';
import type { JournalIdentity } from './store.ts';

/**
 * A snapshot is a cache: the folded state at one entry, so that a start need not fold from the first. It is used only
 * when everything fits (journal, generation, format, the areas' state versions, its own checksum), and may be deleted
 * at any time. With a cipher everything behind the header is encrypted, line by line, and so is the checksum over all of it, which
 * therefore nobody can change who has no key.
 */
const format = 1;
const rowsPerLine = 100;

export interface SnapshotHeader {
  readonly format: number;
  readonly journal: JournalIdentity;
  readonly head: Head;
  /** Time of the entry at `head`. */
  readonly time: number;
  readonly versions: Readonly<Record<string, number>>;
}

/** Rows of one part of the state, `of` being an area or a name of the engine's own. */
interface Line {
  readonly of: string;
  readonly rows: readonly SavedRow[];
}

export interface Snapshot {
  readonly header: SnapshotHeader;
  readonly slices: Slices;
  /** The calls that need not be done again; see `engine/requests.ts`. */
  readonly requests: readonly Remembered[];
}

/** A snapshot before it is written, which adds what it has to fit. */
export type Unwritten = Omit<Snapshot, 'header'> & {
  readonly header: Omit<SnapshotHeader, 'format' | 'versions'>;
};

/** What is remembered of a unit that was written for a request. */
export interface Remembered {
  readonly principal: string;
  readonly agent?: string | undefined;
  readonly id: string;
  readonly digest: string;
  readonly seq: Seq;
  readonly size: number;
  readonly time: Instant;
}

/** What the file of a journal's snapshot is called, among what can be made anew. */
export const snapshotFile = ({ id }: JournalIdentity): string => `${id}.snapshot`;

const stateVersions = (areas: readonly Area[]): Readonly<Record<string, number>> =>
  Object.fromEntries(areas.map((area) => [area.name, area.stateVersion]));

const requestsPart = 'requests';

/**
 * Writes a snapshot beside the old one and then in its place. The state is immutable, so it is written at leisure, one
 * line per turn of the loop, while the workspace goes on.
 */
export const writeSnapshot = async (
  path: string,
  areas: readonly Area[],
  { cipher, ...snapshot }: SnapshotToWrite,
): Promise<void> => {
  await makeFolder(dirname(path));
  const draft = draftOf(path);
  const file = await open(draft, 'w', 0o600);
  try {
    const sum = createHash('sha256');
    let place = 0;
    const write = async (text: string): Promise<void> => {
      const line = `${text}\n`;
      sum.update(line);
      await file.write(line);
    };
    const writeLine = (value: Line): Promise<void> => {
      const text = JSON.stringify(value);
      return write(cipher === undefined ? text : cipher.seal(text, place++));
    };
    const header: SnapshotHeader = { ...snapshot.header, format, versions: stateVersions(areas) };
    await write(JSON.stringify(header));
    for (const area of areas) await writeRows(area.name, area.save(snapshot.slices), writeLine);
    await writeRows(
      requestsPart,
      snapshot.requests.map((row) => ({ part: requestsPart, row })),
      writeLine,
    );
    const end = sumText(sum);
    await file.write(`${cipher === undefined ? end : cipher.seal(end, endOfFile)}\n`);
    await file.sync();
  } catch (failure) {
    await file.close();
    await rm(draft, { force: true });
    throw failure;
  }
  await file.close();
  await rename(draft, path);
};

export type SnapshotToWrite = Unwritten & {
  /** Without one it is written in plain text. */
  readonly cipher?: Cipher | undefined;
};

const endOfFile = 'end';

const draftOf = (path: string): string => `${path}.tmp`;

/** Also what a process that died has left of one. */
export const removeSnapshot = async (path: string): Promise<void> => {
  for (const file of [path, draftOf(path)]) await rm(file, { force: true });
};

const writeRows = async (
  of: string,
  rows: Iterable<SavedRow>,
  write: (line: Line) => Promise<void>,
): Promise<void> => {
  let chunk: SavedRow[] = [];
  for (const row of rows) {
    chunk.push(row);
    if (chunk.length < rowsPerLine) continue;
    await write({ of, rows: chunk });
    await turn();
    chunk = [];
  }
  if (chunk.length > 0) await write({ of, rows: chunk });
};

/** What stands at `path`, or why it cannot be used (which is never an error: the journal has everything). */
export const readSnapshot = async (
  path: string,
  areas: readonly Area[],
  { initial, identity, cipher }: SnapshotWanted,
): Promise<Snapshot | Unusable> => {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch {
    return { unusable: 'there is none' };
  }
  const end = bytes.lastIndexOf(newline, -2) + 1;
  const last = bytes.toString('utf8', end, bytes.length - 1);
  const isPlain = sealedWith(last) === undefined;
  if (cipher === undefined && !isPlain) return { unusable: 'it is encrypted' };
  if (cipher !== undefined && isPlain) {
    // It is of a time without encryption, and would stay for as long as none is worth writing.
    for (const file of [path, draftOf(path)]) await rm(file, { force: true });
    return { unusable: 'it is not encrypted' };
  }
  const sum = sumText(createHash('sha256').update(bytes.subarray(0, end)));
  const said = cipher === undefined ? last : cipher.open(last, endOfFile);
  if (said !== sum || bytes.at(-1) !== newline)
    return {
      unusable:
        cipher === undefined ? 'it is damaged' : 'it is damaged, or encrypted with a key that is not here',
    };
  const [first = '', ...lines] = bytes.toString('utf8', 0, end - 1).split('\n');
  const header: SnapshotHeader = trustedJson(first);
  const mismatch = mismatchOf(header, areas, identity);
  if (mismatch !== undefined) return { unusable: mismatch };
  const plain = cipher === undefined ? lines : lines.map((line, place) => cipher.open(line, place));
  return plain.every((line) => typeof line === 'string')
    ? load(plain, header, { areas, initial })
    : { unusable: 'it is encrypted with a key that is not here' };
};

export interface SnapshotWanted {
  readonly initial: Slices;
  readonly identity: JournalIdentity;
  /** With one, only an encrypted snapshot is used; without, only a plain one. */
  readonly cipher?: Cipher | undefined;
}

interface Unusable {
  readonly unusable: string;
}

const newline = 0x0a;

/** The last line: it covers all bytes before it. */
const sumText = (sum: Hash): string => JSON.stringify({ sha256: sum.digest('hex') });

const mismatchOf = (
  header: SnapshotHeader,
  areas: readonly Area[],
  identity: JournalIdentity,
): string | undefined => {
  if (header.format !== format) return `it has format ${header.format}`;
  if (header.journal.id !== identity.id || header.journal.generation !== identity.generation)
    return 'it is of another journal';
  const versions = stateVersions(areas);
  const fits =
    Object.keys(versions).length === Object.keys(header.versions).length &&
    Object.entries(versions).every(([area, version]) => header.versions[area] === version);
  return fits ? undefined : 'it is of another version of the areas';
};

const load = (
  lines: readonly string[],
  header: SnapshotHeader,
  { areas, initial }: { readonly areas: readonly Area[]; readonly initial: Slices },
): Snapshot => {
  const parts = new Map<string, Line[]>();
  for (const text of lines) {
    const line: Line = trustedJson(text);
    const list = parts.get(line.of);
    if (list === undefined) parts.set(line.of, [line]);
    else list.push(line);
  }
  let slices = initial;
  for (const area of areas) slices = area.load(slices, rowsOf(parts.get(area.name)));
  return {
    header,
    slices,
    requests: [...rowsOf(parts.get(requestsPart))].filter(isRemembered).map(({ row }) => row),
  };
};

const isRemembered = (saved: SavedRow): saved is SavedRow & { readonly row: Remembered } =>
  saved.part === requestsPart;

function* rowsOf(lines: readonly Line[] | undefined): Iterable<SavedRow> {
  for (const { rows } of lines ?? []) yield* rows;
}
