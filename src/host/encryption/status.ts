import { sealedMax } from '../../journal/cipher.ts';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { entriesIn } from '../journal-check.ts';
import { withStorage } from '../storage.ts';
import { type Census, isDraft, takeCensus } from './census.ts';
import { openKeyring } from './open-keyring.ts';

/** Says of each journal what of it is encrypted and with which keys. Of a key it says no more than its id. */
export const encryptionStatus = async ({ configuration, terminal, log }: Given): Promise<Outcome<true>> => {
  const { settings } = configuration;
  const keyring = await openKeyring(settings.encryptionKey, log);
  if (!keyring.ok) return keyring;
  const ids = keyring.value?.ring.ids ?? [];
  keyring.value?.close();
  return withStorage(settings, async (storage) => {
    const names = await storage.names();
    if (!names.ok) return names;
    const found: Census[] = [];
    for (const name of names.value.filter((one) => !isDraft(one))) {
      const census = await takeCensus(storage, name);
      if (!census.ok) return census;
      found.push(census.value);
    }
    if (terminal.json)
      writeJson(terminal, { active: ids[0] ?? null, keys: ids, journals: found.map(asJson) });
    else
      terminal.out.write(
        [keysText(ids), ...found.map((one) => `${told(one, ids)}\n`), plainText(found, ids)].join(''),
      );
    return ok(true);
  });
};

const asJson = ({ keys, ...census }: Census) => ({ ...census, keys: Object.fromEntries(keys) });

const keysText = ([active, ...others]: readonly string[]): string => {
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

const told = ({ journal, entries, plain, keys }: Census, known: readonly string[]): string => {
  const parts = [...keys].map(([key, count]) => {
    const missing = known.includes(key) ? '' : ', which is not here';
    const much = count < sealedMax ? '' : ', which has been used enough: rotate';
    return `${count} encrypted with ${key}${missing}${much}`;
  });
  return `${journal}: ${entriesIn(entries)}${entries === 0 ? '' : `: ${[`${plain} plain`, ...parts].join(', ')}`}`;
};
