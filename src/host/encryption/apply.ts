import { join } from 'node:path';
import type { Log } from '../../engine/log.ts';
import type { Keyring } from '../../journal/cipher.ts';
import { removeSnapshot } from '../../journal/snapshots.ts';
import { type JournalName, type Storage, hubJournal } from '../../journal/storage.ts';
import { present } from '../../kernel/assert.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import { type Alone, whileAlone } from '../at-work.ts';
import type { Given } from '../commands/command.ts';
import type { Settings } from '../configuration/settings.ts';
import { entriesIn } from '../journal-check.ts';
import { archivesOf, withStorage } from '../storage.ts';
import { isDraft } from '../upkeep/drafts.ts';
import { withoutHub } from '../upkeep/hub-at-work.ts';
import { type ArchivesLeft, archivesLeftText, findArchivesLeft } from './archives-left.ts';
import { demandKeys, takeCensus } from './census.ts';
import { openKeyring } from './open-keyring.ts';
import { type Rewritten, rewriteJournal } from './rewrite.ts';

/** Stores all journals anew, encrypted with the active key or as plain text, one after the other. */
export const applyEncryption = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, flags, log } = given;
  const { settings } = configuration;
  const keyring = await openKeyring(settings.encryptionKey, log);
  if (!keyring.ok) return keyring;
  // What is rotated meanwhile counts from the next time on.
  keyring.value?.close();
  const ring = keyring.value?.ring;
  const decrypt = flags.has('decrypt');
  if (ring === undefined && !decrypt) return noKey;
  return withoutHub(settings.dataDir, () =>
    withStorage(settings, async (storage) => {
      const names = await storage.names();
      if (!names.ok) return names;
      const journals = names.value.filter((name) => !isDraft(name));
      if (names.value.length === 0) return ok(tell(given, [], []));
      const done = await whileAlone(storage, (alone) =>
        applyTo(journals, { storage, ring, decrypt, settings, log, alone }),
      );
      if (!done.ok) return done;
      const left = await findArchivesLeft(storage, journals, archivesOf(settings));
      return left.ok ? ok(tell(given, done.value, left.value)) : left;
    }),
  );
};

const noKey = refuse(
  'invalid_state',
  'No key for encryption is configured. Nothing was changed. Make one with signalbox encryption generate-key --out FILE, and say where it is with SIGNALBOX_ENCRYPTION_KEY=file:FILE.',
);

interface Applying {
  readonly storage: Storage;
  /** Undefined: without a key, where everything is to be plain. */
  readonly ring: Keyring | undefined;
  readonly decrypt: boolean;
  readonly settings: Pick<Settings, 'cacheDir'>;
  readonly log: Log;
  readonly alone: Alone;
}

type Applied = Rewritten & { readonly name: JournalName };

const applyTo = async (names: readonly JournalName[], applying: Applying): Promise<Outcome<Applied[]>> => {
  const { storage, ring, decrypt, settings, log, alone } = applying;
  const readable = await demandReadable(names, applying);
  if (!readable.ok) return readable;
  const target = {
    storage,
    cipherOf: (journal: string) => present(ring, 'what is encrypted needs a key').cipher(journal),
    key: decrypt ? undefined : ring?.active,
  };
  const done: Applied[] = [];
  // The list of workspaces comes last: where it is as it is to be, everything is.
  for (const name of names.toSorted((a, b) => Number(a === hubJournal) - Number(b === hubJournal))) {
    // That is asked of each journal by itself, and nobody has one open that is replaced.
    if (name === hubJournal) await alone.resign();
    const rewritten = await rewriteJournal(target, name);
    if (!rewritten.ok) return rewritten;
    // Also where nothing was left to do: an earlier call may have been killed just before this.
    if (!decrypt || !rewritten.value.untouched)
      await forgetCache(settings.cacheDir, rewritten.value.journal, log);
    done.push({ name, ...rewritten.value });
  }
  return ok(done);
};

/** Of all journals, before anything of the first is written. */
const demandReadable = async (
  names: readonly JournalName[],
  { storage, ring }: Pick<Applying, 'storage' | 'ring'>,
): Promise<Outcome<true>> => {
  for (const name of names) {
    const census = await takeCensus(storage, name);
    if (!census.ok) return census;
    if (ring === undefined && census.value.keys.size > 0) return noKey;
    const readable = demandKeys(census.value, ring?.ids ?? []);
    if (!readable.ok) return readable;
  }
  return ok(true);
};

/** What was made from a journal by its other form: it is of no use any more, and may say in plain text what is encrypted now. */
const forgetCache = async (cacheDir: string, journal: string, log: Log): Promise<void> => {
  await removeSnapshot(join(cacheDir, `${journal}.snapshot`));
  const { removeIndexes } = await import('../../followers/text-index/file.ts');
  removeIndexes(cacheDir, journal, (note) => log.warn(note));
};

const tell = (
  { terminal, flags }: Given,
  done: readonly Applied[],
  archivesLeft: readonly ArchivesLeft[],
): true => {
  const changed = done.filter(({ untouched }) => !untouched);
  const how = flags.has('decrypt') ? 'plain text' : 'encrypted';
  if (terminal.json) {
    writeJson(terminal, {
      journals: done.map(({ name, entries, untouched }) => ({ journal: name, entries, changed: !untouched })),
      archives_left: archivesLeft,
    });
    return true;
  }
  for (const { name, entries, untouched } of done)
    terminal.out.write(
      `${name}: ${entriesIn(entries)}, ${untouched ? 'which were so before' : `now ${how}`}\n`,
    );
  for (const left of archivesLeft) terminal.out.write(archivesLeftText(left));
  if (changed.length > 0)
    terminal.out.write(
      `Where a journal has changed, its chain has as well: sign new checkpoints.${flags.has('decrypt') ? ' Take the key out of the configuration now, or what is new is encrypted again.' : ''}\n`,
    );
  return true;
};
