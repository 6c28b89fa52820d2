import { randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { copyJournal, demandSame } from '../../journal/copy-journal.ts';
import { type JournalName, type Storage, hubJournal } from '../../journal/storage.ts';
import { type Store, StoreFailure } from '../../journal/store.ts';
import { takeOverKeys } from '../../journal/subject-keys.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { oneOf } from '../../surfaces/cli/input.ts';
import { seeHelp } from '../../surfaces/cli/flags.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import { whileAlone } from '../at-work.ts';
import type { Given } from '../commands/command.ts';
import { type KeyFlags, readConfiguration } from '../configuration/configuration.ts';
import { keys } from '../configuration/keys.ts';
import type { Settings } from '../configuration/settings.ts';
import { type StoreName, stores } from '../configuration/store-keys.ts';
import { databaseKeys } from '../configuration/store.ts';
import { prepareDataDirectory } from '../data-directory.ts';
import { entriesIn } from '../journal-check.ts';
import { openStorage } from '../storage.ts';
import { draftOf, isDraft, placeDraft } from './drafts.ts';
import { withoutHubs } from './hub-at-work.ts';
import {
  type Sides,
  demandSource,
  demandTarget,
  noteMoved,
  nothingToMove,
  rememberSides,
} from './moved-board.ts';
import { refuseHalfRestored } from './restore/half-restored.ts';
import { removeUnused } from './unused-journals.ts';

type Side = 'from' | 'to';

interface Copied {
  readonly name: JournalName;
  readonly entries: number;
  /** How many of them this run has copied; the others an earlier one. */
  readonly copied: number;
}

/**
 * Copies every journal from one kind of store to another, with its identity, each entry with the text and the link that
 * it has. The list of workspaces comes last, so that nothing takes a half for a whole. Run again, it goes on where it
 * ended.
 */
export const migrate = async (given: Given): Promise<Outcome<true>> => {
  const [from, to] = [await sideOf(given, 'from'), await sideOf(given, 'to')];
  if (!from.ok) return from;
  if (!to.ok) return to;
  const sides = { from: from.value, to: to.value };
  const [old, next] = [await folderOf(sides.from), await folderOf(sides.to)];
  if (old !== undefined && old === next) return onePlace(old);
  const first = await demandSource(sides.from);
  if (!first.ok) return first;
  const free = await demandTarget(sides);
  if (!free.ok) return free;
  const prepared = await prepareDataDirectory(sides.to.dataDir);
  if (!prepared.ok) return prepared;
  return withoutHubs([sides.from.dataDir, sides.to.dataDir], async () => {
    const source = await openSource(sides.from);
    if (!source.ok) return source;
    const target = await openTarget(sides);
    try {
      return target.ok
        ? await move(given, sides, placesOf(given, sides, [source.value, target.value]))
        : target;
    } catch (failure) {
      if (failure instanceof StoreFailure) return failure.refusal;
      throw failure;
    } finally {
      if (target.ok) await target.value.close();
      await source.value.close();
    }
  });
};

/** It has a board, and that of its data directory; nothing is made by looking. */
const openSource = async (from: Settings): Promise<Outcome<Storage>> => {
  const source = await openStorage(from, { mayPrepare: false });
  if (!source.ok)
    return source.details['empty'] === true ? nothingToMove(from, String(source.details['place'])) : source;
  const { place } = source.value;
  const names = await journalsAtSource(from, source.value);
  if (names.ok && names.value.length > 0) return source;
  await source.value.close();
  return names.ok ? nothingToMove(from, place) : names;
};

/** It is where the data directory leads, if that leads anywhere; a database is prepared only then. */
const openTarget = async (sides: Sides): Promise<Outcome<Storage>> => {
  const target = await openStorage(sides.to, { mayPrepare: false });
  if (!target.ok && target.details['empty'] !== true) return target;
  const free = await demandTarget(sides, target.ok ? target.value.place : String(target.details['place']));
  if (free.ok) return target.ok ? target : openStorage(sides.to);
  if (target.ok) await target.value.close();
  return free;
};

const journalsAtSource = async (
  from: Settings,
  source: Storage,
): Promise<Outcome<readonly JournalName[]>> => {
  const isRight = await demandSource(from, source.place);
  if (!isRight.ok) return isRight;
  const whole = await refuseHalfRestored(source);
  return whole.ok ? journalsIn(source) : whole;
};

interface Places {
  readonly source: Storage;
  readonly target: Storage;
  /** Is told of each journal that is about to be in both, by its id. */
  readonly remember: (journal: string) => Promise<void>;
}

const placesOf = ({ log }: Given, sides: Sides, [source, target]: readonly [Storage, Storage]): Places => {
  const known = new Set<string>();
  return {
    source,
    target,
    remember: async (journal) => {
      if (known.has(journal)) return;
      known.add(journal);
      await rememberSides(sides, { journal, places: [source.place, target.place], log });
    },
  };
};

const move = async (given: Given, sides: Sides, places: Places): Promise<Outcome<true>> => {
  const { source, target } = places;
  const whole = await refuseHalfRestored(target);
  if (!whole.ok) return whole;
  if (await isOnePlace(source, target)) return onePlace(target.place);
  const freed = await removeUnused(given, source, target);
  if (!freed.ok) return freed;
  const copied = await whileAlone(source, () => whileAlone(target, () => copyUntilSame(places)));
  const noted = copied.ok ? await noteMoved(sides, target) : copied;
  if (!noted.ok) return noted;
  if (copied.ok) tell(given, { target, to: sides.to, copied: copied.value });
  return copied.ok ? ok(true) : copied;
};

const onePlace = (place: string): Refusal =>
  refuse('invalid_input', `Both sides are ${place}. Name two places.`);

/** Of files, the folder that is meant, by whatever path. */
const folderOf = async ({ dataDir, store }: Settings): Promise<string | undefined> => {
  if (store.kind !== 'sqlite') return undefined;
  try {
    return await realpath(dataDir);
  } catch {
    // It is not there yet, or opening it says what is wrong.
    return dataDir;
  }
};

/** Whether two addresses lead to one place: nobody but this process knows the office, and it can be held once there. */
const isOnePlace = async (source: Storage, target: Storage): Promise<boolean> => {
  if (source.kind !== target.kind || source.kind === 'sqlite') return false;
  const opened = [await source.open(hubJournal, 'must-exist'), await target.open(hubJournal, 'must-exist')];
  const stores = opened.flatMap((one) => (one.ok ? [one.value] : []));
  try {
    const [one, other] = stores;
    if (one === undefined || other === undefined || one.identity.id !== other.identity.id) return false;
    const name = `migrate-${randomUUID()}`;
    return (await one.elect(name)) !== undefined && (await other.elect(name)) === undefined;
  } finally {
    for (const store of stores) await store.close();
  }
};

/** The settings of the process as they are with that kind of store. */
const sideOf = async ({ configuration, flags }: Given, side: Side): Promise<Outcome<Settings>> => {
  const said = flags.get(side);
  if (typeof said !== 'string')
    return refuse('invalid_input', `Say --from and --to.${seeHelp({ command: 'migrate' })}`);
  const kind = oneOf(stores, said, { flag: side, command: 'migrate' });
  if (!kind.ok) return kind;
  const [url, cluster] = [flags.get(`${side}-url`), flags.get(`${side}-cluster`)];
  const { settings, values } = configuration;
  const read = await readConfiguration(
    {
      'data-dir': settings.dataDir,
      store: kind.value,
      'accept-data-loss-window': settings.store.acceptDataLossWindow,
      ...placeAt(kind.value, url),
      ...((cluster ?? values.get('cluster')) !== undefined && {
        cluster: typeof cluster === 'string' ? cluster : (values.get('cluster') ?? ''),
      }),
    },
    { env: process.env, cwd: process.cwd(), flagNames: namesAt(kind.value, side) },
  );
  return read.ok ? ok(withArchives(read.value.settings, settings)) : read;
};

/** What is set for archives is those of the store that is configured; a data directory that is not has its own. */
const withArchives = (side: Settings, configured: Settings): Settings => {
  const isOwn = side.store.kind !== 'sqlite' || isSamePlace(side, configured);
  return { ...side, store: { ...side.store, archives: isOwn ? configured.store.archives : undefined } };
};

const isSamePlace = (one: Settings, other: Settings): boolean =>
  one.store.kind === other.store.kind && one.dataDir === other.dataDir;

/** Of files, the folder is what says where they are. */
const placeAt = (kind: StoreName, url: string | true | undefined): KeyFlags => {
  if (typeof url !== 'string') return {};
  return kind === 'sqlite' ? { 'data-dir': resolve(url) } : { [databaseKeys[kind]]: url };
};

const namesAt = (kind: StoreName, side: Side): Readonly<Record<string, string>> => ({
  [kind === 'sqlite' ? 'data-dir' : databaseKeys[kind]]: `${side}-url`,
  cluster: `${side}-cluster`,
});

/** Single commands hold no office: what they have written behind the copying is copied as well. */
const copyUntilSame = async (places: Places): Promise<Outcome<readonly Copied[]>> => {
  const { source } = places;
  const before = new Map<JournalName, number>();
  for (let round = 0; round < roundsMax; round += 1) {
    const copied = await copyAll(places);
    if (!copied.ok) return copied;
    for (const one of copied.value) before.set(one.name, (before.get(one.name) ?? 0) + one.copied);
    const same = await isAsCopied(source, copied.value);
    if (!same.ok) return same;
    if (same.value) return ok(copied.value.map((one) => ({ ...one, copied: before.get(one.name) ?? 0 })));
  }
  return stillWritten(source.place);
};

/** Whether the source still ends where its copy does. */
const isAsCopied = async (source: Storage, copied: readonly Copied[]): Promise<Outcome<boolean>> => {
  const names = await journalsIn(source);
  if (!names.ok) return names;
  if (names.value.length !== copied.length) return ok(false);
  for (const { name, entries } of copied) {
    const store = await source.open(name, 'must-exist');
    if (!store.ok) return store;
    const head = await store.value.head();
    await store.value.close();
    if (head !== entries) return ok(false);
  }
  return ok(true);
};

const stillWritten = (what: string): Refusal =>
  refuse(
    'storage_busy',
    `Something still writes to ${what} where it is copied from, so the copy is not whole. Stop whatever works on it, and run this again to go on.`,
    { journal: what },
  );

const copyAll = async (places: Places): Promise<Outcome<readonly Copied[]>> => {
  const { source, target } = places;
  const names = await journalsIn(source);
  if (!names.ok) return names;
  const others = await journalsIn(target);
  if (!others.ok) return others;
  const foreign = others.value.filter((name) => !names.value.includes(name));
  if (foreign.length > 0)
    return refuse(
      'exists',
      `${target.place} has other journals: ${foreign.join(', ')}. Nothing was changed. Name an empty place.`,
      { place: target.place, journals: foreign },
    );
  const copied: Copied[] = [];
  for (const name of names.value) {
    const one = await copyOne(places, name);
    if (!one.ok) return one;
    copied.push(one.value);
  }
  return ok(copied);
};

/** The hub's comes last. */
const journalsIn = async (storage: Storage): Promise<Outcome<readonly JournalName[]>> => {
  const names = await storage.names();
  if (!names.ok) return names;
  const workspaces = names.value.filter((name) => name !== hubJournal && !isDraft(name));
  return ok([...workspaces, ...names.value.filter((name) => name === hubJournal)]);
};

const copyOne = async (places: Places, name: JournalName): Promise<Outcome<Copied>> => {
  const { source, target } = places;
  const from = await source.open(name, 'must-exist');
  if (!from.ok) return from;
  try {
    if (name !== hubJournal) return await copyInto(from.value, places, { name, as: name });
    const begun = await target.wasBegun(name);
    if (!begun.ok) return begun;
    if (begun.value) return await copyInto(from.value, places, { name, as: name });
    // A list of workspaces that is not whole would hide those that it does not have yet.
    const draft = draftOf(name);
    const copied = await copyInto(from.value, places, { name, as: draft });
    if (!copied.ok) return copied;
    const replaced = await placeDraft(target, name);
    return replaced.ok ? copied : replaced;
  } finally {
    await from.value.close();
  }
};

/** `as`: what the journal is called in the target meanwhile. */
const copyInto = async (
  from: Store,
  { target, remember }: Places,
  { name, as }: { readonly name: JournalName; readonly as: JournalName },
): Promise<Outcome<Copied>> => {
  const to = await target.open(as, { as: from.identity });
  if (!to.ok) return to;
  try {
    await remember(from.identity.id);
    const keys = (await from.subjectKeys?.load()) ?? [];
    if (to.value.subjectKeys !== undefined) await takeOverKeys(to.value.subjectKeys, keys);
    else if (keys.some(({ secret }) => secret !== undefined)) return keepsNoKeys(target, name);
    return await copyWhole(from, to.value, { name, place: target.placeOf(as) });
  } finally {
    await to.value.close();
  }
};

const keepsNoKeys = ({ place }: Storage, name: JournalName): Outcome<never> =>
  refuse(
    'invalid_state',
    `${place} keeps no keys of personal text, and ${name} has text that is sealed: nobody could read it there. Name a store that keeps them.`,
    { place, journal: name },
  );

/** How often what was written to the source meanwhile is copied after it. */
const roundsMax = 5;

const copyWhole = async (
  source: Store,
  target: Store,
  { name, place }: { readonly name: JournalName; readonly place: string },
): Promise<Outcome<Copied>> => {
  let copied = 0;
  for (let round = 0; round < roundsMax; round += 1) {
    const some = await copyJournal(source, target, place);
    if (!some.ok) return some;
    copied += some.value;
    const same = await demandSame(source, target, place);
    if (same.ok) return ok({ name, entries: same.value.seq, copied });
    if (same.code !== 'exists') return same;
  }
  return stillWritten(name);
};

const tell = (
  { terminal }: Given,
  {
    target,
    to,
    copied,
  }: { readonly target: Storage; readonly to: Settings; readonly copied: readonly Copied[] },
): void => {
  if (terminal.json) {
    writeJson(terminal, { store: target.kind, place: target.place, journals: copied });
    return;
  }
  const lines = [
    `${target.place}: ${copied.length === 1 ? '1 journal' : `${copied.length} journals`}, read again and the same:`,
    ...copied.map(
      ({ name, entries, copied: now }) =>
        `  ${name}: ${entriesIn(entries)}${now === entries ? '' : `, ${now} of them now`}`,
    ),
    `From now on set ${settingsTo(to)} for every hub and command; what is written to the old store is not seen there.`,
    '',
  ];
  terminal.out.write(lines.join('\n'));
};

/** Everything that says where the journals are by now. An address may have a password in it, and is not repeated. */
const settingsTo = ({ dataDir, store: { kind, cluster } }: Settings): string => {
  const store = `${keys.store.variable}=${kind}`;
  return kind === 'sqlite'
    ? `${store} and ${keys['data-dir'].variable}=${dataDir}`
    : `${store}, ${keys[databaseKeys[kind]].variable}=<the address of that database> and ${keys.cluster.variable}=${cluster}`;
};
