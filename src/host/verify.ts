import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { seeHelp } from '../surfaces/cli/flags.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import {
  type KeyFrom,
  type ReadCheckpoint,
  differenceFrom,
  differenceFromNothing,
  readCheckpoint,
} from './checkpoint/compare.ts';
import { isOfHub } from './checkpoint/document.ts';
import type { Given } from './commands/command.ts';
import { type CheckedJournal, checkJournal, entriesIn } from './journal-check.ts';
import { withStorage } from './storage.ts';
import { type WantedJournal, ownerAsked, wantedJournal } from './wanted-journal.ts';

/**
 * Reads the whole journal of the workspace, or of the hub, and says how many entries are good, or which is the first bad one. With a
 * checkpoint, also whether it is the journal that was signed, as far as it went then.
 */
export const verifyJournal = async (given: Given): Promise<Outcome<true>> => {
  const owner = ownerAsked(given, 'verify');
  if (!owner.ok) return owner;
  const held = await checkpointIn(given);
  if (!held.ok) return held;
  const ofHub = held.value !== undefined && isOfHub(held.value.checkpoint);
  return withStorage(given.configuration.settings, async (storage) => {
    const journal = await wantedJournal(given, owner.value ?? (ofHub ? 'hub' : 'workspace'), storage);
    if (!journal.ok) return journal;
    const place = storage.placeOf(journal.value.journal);
    if (journal.value.empty) return nothingThere(given, { ...journal.value, place }, held.value);
    const checked = await checkJournal(storage, journal.value.journal, held.value?.checkpoint.seq);
    return checked.ok ? tellGood(given, { place, checked: checked.value, held: held.value }) : checked;
  });
};

const tellGood = (
  { terminal }: Given,
  {
    place,
    checked,
    held,
  }: {
    readonly place: string;
    readonly checked: CheckedJournal;
    readonly held: ReadCheckpoint | undefined;
  },
): Outcome<true> => {
  const difference = held && differenceFrom(held.checkpoint, checked);
  if (difference !== undefined) return difference;
  const { entries, chain } = checked;
  if (terminal.json) writeJson(terminal, { journal: place, entries, chain, ...proof(held) });
  else {
    terminal.out.write(`${place}: ${entriesIn(entries)}, all good; the chain ends in ${chain}\n`);
    if (held !== undefined) terminal.out.write(proofText(held));
  }
  return ok(true);
};

const nothingThere = (
  { terminal }: Given,
  { place, workspace }: Pick<WantedJournal, 'workspace'> & { readonly place: string },
  held: ReadCheckpoint | undefined,
): Outcome<true> => {
  if (held !== undefined) return differenceFromNothing(held.checkpoint, workspace);
  if (terminal.json) writeJson(terminal, { journal: place, entries: 0, chain: null });
  else
    terminal.out.write(
      `${place}: nothing was ever written in workspace "${workspace}", so it is empty and there is nothing to check\n`,
    );
  return ok(true);
};

const checkpointIn = async ({
  flags,
  configuration,
}: Given): Promise<Outcome<ReadCheckpoint | undefined>> => {
  const [file, key] = [flags.get('checkpoint'), flags.get('key')];
  if (typeof file !== 'string') {
    return key === undefined
      ? ok(undefined)
      : refuse(
          'invalid_input',
          `--key says who must have signed a checkpoint, and none is named. Name it with --checkpoint.${seeHelp({ command: 'verify' })}`,
        );
  }
  const { dataDir } = configuration.settings;
  return readCheckpoint({ file, key: typeof key === 'string' ? key : undefined, dataDir });
};

const proof = (held: ReadCheckpoint | undefined) => {
  if (held === undefined) return {};
  const { signature: _signature, ...said } = held.checkpoint;
  return { checkpoint: { ...said, key_from: held.keyFrom } };
};

const vouching: Readonly<Record<KeyFrom, string>> = {
  given: 'which is the key that you named',
  'data directory': 'which is the key of this data directory',
  checkpoint:
    'which only the checkpoint itself names; compare it with the key that you kept, or pass that as --key',
};

const proofText = ({ checkpoint, keyFrom }: ReadCheckpoint): string =>
  `The checkpoint of ${checkpoint.time} holds: up to its entry ${checkpoint.seq} nothing was cut or changed.\nIt is signed with ${checkpoint.public_key}, ${vouching[keyFrom]}.\n`;
