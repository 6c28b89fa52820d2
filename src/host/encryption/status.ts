import { sealedMax } from '../../journal/cipher.ts';
import type { Storage } from '../../journal/storage.ts';
import { type Outcome, type Refusal, ok } from '../../kernel/errors.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { entriesIn } from '../journal-check.ts';
import { archivesOf, withStorage } from '../storage.ts';
import { isDraft, isEncryptionDraft } from '../upkeep/drafts.ts';
import { archivesLeftText, findArchivesLeft } from './archives-left.ts';
import { type Census, takeCensus } from './census.ts';
import { openKeyring } from './open-keyring.ts';

/** Says of each journal what of it is encrypted and with which keys. Of a key it says no more than its id. */
export const encryptionStatus = async ({ configuration, terminal, log }: Given): Promise<Outcome<true>> => {
  const { settings } = configuration;
  const keyring = await openKeyring(settings.encryptionKey, log);
  const ids = (keyring.ok && keyring.value?.ring.ids) || [];
  if (keyring.ok) keyring.value?.close();
  const fault = keyring.ok ? undefined : keyring;
  return withStorage(settings, async (storage) => {
    const found = await countAll(storage);
    if (!found.ok) return found;
    const journals = found.value.filter(({ journal }) => !isDraft(journal));
    const drafts = found.value.filter(({ journal }) => isDraft(journal));
    const left = await findArchivesLeft(
      storage,
      journals.map(({ journal }) => journal),
      archivesOf(settings),
    );
    if (!left.ok) return left;
    if (terminal.json)
      writeJson(terminal, {
        active: ids[0] ?? null,
        keys: ids,
        ...(fault && { fault: fault.message }),
        journals: journals.map(asJson),
        drafts: drafts.map(asJson),
        archives_left: left.value,
      });
    else
      terminal.out.write(
        [
          keysText(ids, fault),
          ...journals.map((one) => `${told(one, ids)}\n`),
          plainText(journals, ids),
          ...drafts.map((one) => draftText(one, ids)),
          ...left.value.map(archivesLeftText),
        ].join(''),
      );
    return ok(true);
  });
};

const countAll = async (storage: Storage): Promise<Outcome<readonly Census[]>> => {
  const names = await storage.names();
  if (!names.ok) return names;
  const found: Census[] = [];
  for (const name of names.value) {
    const census = await takeCensus(storage, name);
    // Of a draft it is no fault that it has only just been begun.
    if (!census.ok && !isDraft(name)) return census;
    found.push(census.ok ? census.value : { journal: name, entries: 0, plain: 0, keys: new Map() });
  }
  return ok(found);
};

const asJson = ({ keys, ...census }: Census) => ({ ...census, keys: Object.fromEntries(keys) });

const keysText = ([active, ...others]: readonly string[], fault: Refusal | undefined): string => {
  if (fault !== undefined) return `The key that is configured cannot be had: ${fault.message}\n`;
  if (active === undefined)
    return 'No key is configured: what this machine writes is not encrypted. signalbox encryption generate-key makes one.\n';
  const rest = others.length === 0 ? '' : `; known besides it: ${others.join(', ')}`;
  return `What is new is encrypted with key ${active}${rest}.\n`;
};

/** What to do about what is plain. */
const plainText = (found: readonly Census[], { length: keys }: readonly string[]): string =>
  keys > 0 && found.some(({ plain }) => plain > 0)
    ? 'What is plain was written without a key. signalbox encryption apply encrypts it, while no hub runs.\n'
    : '';

const draftText = (draft: Census, known: readonly string[]): string => {
  const whose = isEncryptionDraft(draft.journal)
    ? 'signalbox encryption apply was broken off there; call it again as it was called, with or without --decrypt, and it goes on'
    : 'a restore, import, migrate or reset was broken off there; the same command again goes on or begins anew';
  return `${told(draft, known)}. This is no journal yet: ${whose}.\n`;
};

const told = ({ journal, entries, plain, keys }: Census, known: readonly string[]): string => {
  const parts = [...keys].map(([key, count]) => {
    const missing = known.includes(key) ? '' : ', which is not here';
    const much = count < sealedMax ? '' : ', which has been used enough: rotate';
    return `${count} encrypted with ${key}${missing}${much}`;
  });
  return `${journal}: ${entriesIn(entries)}${entries === 0 ? '' : `: ${[`${plain} plain`, ...parts].join(', ')}`}`;
};
