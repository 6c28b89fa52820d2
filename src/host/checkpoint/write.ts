import { open, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { isoTime } from '../../kernel/instants.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { errorCodeIn } from '../data-directory.ts';
import { checkJournal, entriesIn } from '../journal-check.ts';
import { withStorage } from '../storage.ts';
import { ownerAsked, wantedJournal } from '../wanted-journal.ts';
import { type Checkpoint, isOfHub, signed } from './document.ts';
import { signingKey } from './signing-key.ts';

/** Signs how far a journal has come. What it signs it has read: of a damaged journal there is no checkpoint. */
export const writeCheckpoint = async (given: Given): Promise<Outcome<true>> => {
  const { configuration, flags, terminal } = given;
  const owner = ownerAsked(given, 'checkpoint');
  if (!owner.ok) return owner;
  const found = await withStorage(configuration.settings, async (storage) => {
    const journal = await wantedJournal(given, owner.value ?? 'workspace', storage);
    if (!journal.ok) return journal;
    const { workspace, empty } = journal.value;
    if (empty) return nothingToSign(workspace);
    const checked = await checkJournal(storage, journal.value.journal);
    return checked.ok ? ok({ ...checked.value, workspace }) : checked;
  });
  if (!found.ok) return found;
  const key = await signingKey(configuration.settings.dataDir);
  if (!key.ok) return key;
  const { identity, entries, chain, workspace } = found.value;
  const checkpoint = signed(
    {
      journal: identity.id,
      generation: identity.generation,
      workspace,
      seq: entries,
      chain,
      time: isoTime(Date.now()),
    },
    key.value,
  );
  const text = `${JSON.stringify(checkpoint, null, 2)}\n`;
  const out = flags.get('out');
  if (typeof out === 'string') {
    const failed = await writeNew(resolve(out), text);
    if (failed !== undefined) return failed;
  }
  if (terminal.json) writeJson(terminal, checkpoint);
  else terminal.out.write(typeof out === 'string' ? told(out, checkpoint) : text);
  return ok(true);
};

const nothingToSign = (workspace: string): Refusal =>
  refuse(
    'invalid_state',
    `Nothing was ever written in workspace "${workspace}", so it is empty and there is nothing to sign. Sign it once something is there.`,
    { workspace },
  );

const told = (out: string, checkpoint: Checkpoint): string =>
  `${out}: ${isOfHub(checkpoint) ? "the hub's own journal" : `workspace "${checkpoint.workspace}"`} up to ${entriesIn(checkpoint.seq)}, signed.\nKeep it where nobody who can write the journal can, and with it the public key: ${checkpoint.public_key}\n`;

/** A checkpoint that is there is what proves something; it is never written over. */
const writeNew = async (path: string, text: string): Promise<Refusal | undefined> => {
  let made = false;
  try {
    const file = await open(path, 'wx');
    made = true;
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return undefined;
  } catch (thrown) {
    if (made) await rm(path, { force: true });
    return notWritten(path, errorCodeIn(thrown));
  }
};

const notWritten = (path: string, reason: string): Refusal => {
  if (reason === 'EEXIST')
    return refuse(
      'exists',
      `${path} is there already, and a checkpoint is never written over. Give --out another name.`,
      { path },
    );
  return refuse(
    reason === 'ENOSPC' || reason === 'EDQUOT' ? 'storage_full' : 'storage_read_only',
    `The checkpoint cannot be written to ${path}: the system says ${reason}. Give --out another place.`,
    { path, reason },
  );
};
