import { type Hash, createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Seq } from '../../kernel/entry.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { fileRefusal } from '../file-faults.ts';
import type { Head } from '../head.ts';
import { damageOf } from '../refusals.ts';
import { type LinkedRow, StoreFailure, type StoredRow } from '../store.ts';
import {
  type ArchiveHeader,
  type IndexPlace,
  archiveFormat,
  damagedArchive,
  footerIn,
  headerIn,
  indexIn,
  rowIn,
} from './format.ts';

/** More than the first line and the last one ever have. */
const edgeBytes = 1_024;

/** An archive for reading, block by block. What it gives has been checked against the chain. */
export class ArchiveFile {
  readonly path: string;
  readonly header: ArchiveHeader;
  readonly #index: readonly IndexPlace[];
  readonly #indexAt: number;
  /** The block that was read last: who reads one entry of it mostly wants the next as well. */
  #last: { readonly block: number; readonly rows: readonly LinkedRow[] } | undefined;

  private constructor(
    path: string,
    { header, index, indexAt }: { header: ArchiveHeader; index: readonly IndexPlace[]; indexAt: number },
  ) {
    this.path = path;
    this.header = header;
    this.#index = index;
    this.#indexAt = indexAt;
  }

  /** Throws `StoreFailure`, and what the system says. */
  static async open(path: string): Promise<ArchiveFile> {
    const file = await open(path, 'r');
    try {
      const { size } = await file.stat();
      const [first = ''] = (await textOf(file, 0, Math.min(edgeBytes, size))).split('\n');
      const header = headerIn(first);
      if (header === undefined) throw damaged(path, 'it does not begin as one');
      if (header.format !== archiveFormat) throw damaged(path, `it has format ${header.format}`);
      const end = await textOf(file, Math.max(0, size - edgeBytes), size);
      const lastLine = end.endsWith('\n') ? (end.slice(0, -1).split('\n').at(-1) ?? '') : '';
      const footer = footerIn(lastLine);
      if (footer === undefined) throw damaged(path, 'its end is missing');
      const indexEnd = size - Buffer.byteLength(lastLine) - 1;
      const index = indexIn(await textOf(file, footer.indexAt, indexEnd));
      if (index === undefined) throw damaged(path, 'its index cannot be read');
      return new ArchiveFile(path, { header, index, indexAt: footer.indexAt });
    } finally {
      await file.close();
    }
  }

  /** The entries behind `after`, up to `limit` and to the end of a block: at least one, if there is one here. */
  async read(after: Seq, limit: number): Promise<readonly StoredRow[]> {
    const rows = await this.#block(this.#blockOf(after + 1));
    return rows
      .filter(({ seq }) => seq > after)
      .slice(0, limit)
      .map(({ seq, batch, text, chain }) => ({ seq, batch, text, chain }));
  }

  async readAt(seq: Seq): Promise<LinkedRow> {
    const row = (await this.#block(this.#blockOf(seq))).find((each) => each.seq === seq);
    if (row === undefined) throw damaged(this.path, `it has no entry ${seq}`);
    return row;
  }

  #blockOf(seq: Seq): number {
    return Math.max(
      0,
      this.#index.findLastIndex((place) => place.seq <= seq),
    );
  }

  async #block(block: number): Promise<readonly LinkedRow[]> {
    if (this.#last?.block === block) return this.#last.rows;
    const [place, next] = [this.#index[block], this.#index[block + 1]];
    if (place === undefined) throw damaged(this.path, 'its index cannot be read');
    const file = await open(this.path, 'r');
    let text: string;
    try {
      text = await textOf(file, place.at, next?.at ?? this.#indexAt);
    } finally {
      await file.close();
    }
    let head: Head = { seq: place.seq - 1, chain: place.before };
    const rows = text
      .slice(0, -1)
      .split('\n')
      .map((line): LinkedRow => {
        const row = demandRow(this.path, line, head);
        const before = head.seq === 0 ? undefined : head.chain;
        head = row;
        return { ...row, before };
      });
    this.#last = { block, rows };
    return rows;
  }
}

const damaged = (path: string, what: string): StoreFailure => new StoreFailure(damagedArchive(path, what));

const demandRow = (path: string, line: string, head: Head): StoredRow => {
  const row = rowIn(line);
  if (row === undefined || damageOf(row, head) !== undefined)
    throw damaged(path, `entry ${head.seq + 1} in it is not what was written`);
  return row;
};

const textOf = async (file: FileHandle, from: number, to: number): Promise<string> => {
  const bytes = Buffer.alloc(Math.max(0, to - from));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, from + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.toString('utf8', 0, filled);
};

/** Reads an archive from its first byte to its last: every entry, its links, and the checksum. */
export const checkArchive = async (path: string): Promise<Outcome<ArchiveHeader>> => {
  try {
    const { header } = await ArchiveFile.open(path);
    const sum = createHash('sha256');
    let head: Head = { seq: header.first - 1, chain: header.before };
    let footer: string | undefined;
    for await (const line of linesOf(path, sum)) {
      if (line.kind === 'last') footer = line.text;
      else if (line.kind === 'entry') head = demandRow(path, line.text, head);
    }
    if (head.seq !== header.last || head.chain !== header.chain)
      throw damaged(path, `it ends at entry ${head.seq}, not at entry ${header.last}`);
    if (footerIn(footer ?? '')?.sha256 !== sum.digest('hex')) throw damaged(path, 'its checksum is another');
    return ok(header);
  } catch (thrown) {
    return fileRefusal(path, thrown, `The archive ${path} cannot be read`);
  }
};

interface ArchiveLine {
  readonly kind: 'first' | 'entry' | 'index' | 'last';
  readonly text: string;
}

/** The lines of an archive; `sum` covers all but the last, once that has come. */
async function* linesOf(path: string, sum: Hash): AsyncGenerator<ArchiveLine> {
  const waiting: string[] = [];
  let isFirst = true;
  let rest = '';
  const stream = createReadStream(path, { encoding: 'utf8' });
  for await (const part of stream) {
    const lines = (rest + String(part)).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      waiting.push(line);
      // Of the last three lines it is only known at the end what they are.
      if (waiting.length <= 2) continue;
      const text = waiting.shift() ?? '';
      sum.update(`${text}\n`);
      yield { kind: isFirst ? 'first' : 'entry', text };
      isFirst = false;
    }
  }
  const [index = '', last = ''] = waiting;
  sum.update(`${index}\n`);
  yield { kind: 'index', text: index };
  yield { kind: 'last', text: last + rest };
}
