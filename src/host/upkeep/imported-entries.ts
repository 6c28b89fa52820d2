import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import { areas, initialSlices } from '../../areas/index.ts';
import { Codec } from '../../journal/codec.ts';
import { StoreFailure } from '../../journal/store.ts';
import type { Entry } from '../../kernel/entry.ts';
import { type Refusal, refuse } from '../../kernel/errors.ts';
import type { Slices } from '../../kernel/slices.ts';

const pageEntries = 1_000;
/** Longer than any line that an export has. */
const lineCharactersMax = 20_000_000;

/** The areas of the hub's own journal: no workspace holds what they do. */
const areasOfHub: readonly string[] = ['access', 'workspaces'];

const entrySchema = z.object({
  seq: z.int().min(1),
  time: z.int(),
  actor: z.looseObject({ principal: z.string() }),
  type: z.string(),
  version: z.int().min(1),
  data: z.looseObject({}),
  cause: z.looseObject({ unit: z.int().min(1), by: z.string(), size: z.int().min(1).optional() }),
});

/**
 * The entries of an export, page by page, each checked: that it follows the one before, that this version knows it, and
 * that it can be folded; the last, that a unit ends there. Throws `StoreFailure` with the line of the first that cannot
 * be imported.
 */
export async function* checkedEntries(path: string): AsyncGenerator<readonly Entry[]> {
  const codec = new Codec(areas);
  const lines = createInterface({ input: createReadStream(path, { encoding: 'utf8' }), crlfDelay: Infinity });
  let folded: Slices = initialSlices;
  let page: Entry[] = [];
  let before: Entry | undefined;
  let unitEnd = 0;
  for await (const line of lines) {
    const number: number = (before?.seq ?? 0) + 1;
    const entry = entryIn(line, number, { path, before, codec });
    folded = foldOne(folded, entry, { path, number });
    before = entry;
    if (entry.cause.size !== undefined) unitEnd = number - 1 + entry.cause.size;
    page.push(entry);
    if (page.length < pageEntries) continue;
    yield page;
    page = [];
  }
  if (before !== undefined && unitEnd > before.seq)
    throw bad(path, before.seq, `the file ends there, inside a change that goes on to line ${unitEnd}`);
  if (page.length > 0) yield page;
}

interface Reading {
  readonly path: string;
  readonly before: Entry | undefined;
  readonly codec: Codec;
}

const entryIn = (line: string, number: number, { path, before, codec }: Reading): Entry => {
  if (line.length > lineCharactersMax) throw bad(path, number, 'it is too long');
  const json = jsonIn(line);
  if (json === undefined) throw bad(path, number, 'it is no JSON, so perhaps it was cut off');
  const read = entrySchema.safeParse(json);
  if (!read.success) throw bad(path, number, `it is no entry: ${faultIn(read.error)}`);
  const { seq, time, type, cause } = read.data;
  if (seq !== number) throw bad(path, number, `its number is ${seq}, and ${number} has to come there`);
  if (cause.unit > seq) throw bad(path, number, 'its unit begins behind it');
  if (before !== undefined && time < before.time)
    throw bad(path, number, 'it is older than the one before it');
  if (areasOfHub.includes(type.split('.')[0] ?? ''))
    throw bad(path, number, `${type} belongs in the hub's own journal, and not in that of a workspace`);
  const decoded = codec.decode(line, number);
  if (!decoded.ok) throw bad(path, number, `${type}, version ${read.data.version}, is not known here`);
  return decoded.value;
};

const jsonIn = (line: string): unknown => {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
};

const faultIn = ({ issues: [first] }: z.ZodError): string =>
  first === undefined || first.path.length === 0
    ? 'it has no members'
    : `its member "${first.path.join('.')}" is missing, or is not what it has to be`;

/** What was written by a rule can be folded; what somebody wrote by hand perhaps not. */
const foldOne = (
  slices: Slices,
  entry: Entry,
  { path, number }: { readonly path: string; readonly number: number },
): Slices => {
  try {
    return areas.reduce((folded, area) => area.evolve(folded, entry), slices);
  } catch (thrown) {
    throw bad(path, number, `${entry.type} cannot follow what comes before (${String(thrown)})`);
  }
};

const bad = (path: string, line: number, what: string): StoreFailure =>
  new StoreFailure(cannotImport(path, line, what));

const cannotImport = (path: string, line: number, what: string): Refusal =>
  refuse(
    'invalid_input',
    `Line ${line} of ${path} cannot be imported: ${what}. Nothing was changed. Export it again, or mend that line.`,
    { path, line },
  );
