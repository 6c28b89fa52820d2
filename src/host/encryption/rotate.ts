import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { writeJson } from '../../surfaces/cli/plain.ts';
import type { Given } from '../commands/command.ts';
import { addKey, newKey } from './key-files.ts';

/** Makes a new key the active one, where the keys are in a file; running hubs take it up by themselves. */
export const rotateKey = async ({ configuration, terminal }: Given): Promise<Outcome<true>> => {
  const { encryptionKey: secret } = configuration.settings;
  if (secret === undefined)
    return refuse(
      'invalid_state',
      'No key for encryption is configured, so there is none to rotate. Make one with signalbox encryption generate-key --out FILE, and say where it is with SIGNALBOX_ENCRYPTION_KEY=file:FILE.',
    );
  if (secret.file === undefined)
    return refuse(
      'invalid_state',
      `${secret.place} says its keys itself or has a command look them up, and Signalbox can add none there. Nothing was changed. Make one with signalbox encryption generate-key, and put it there in front of the others, on a line of its own or with a comma behind it; keep the others. Where a command looks them up, running hubs ask it again when they meet the new key; where the environment says them, start hubs anew, one after the other: first with the new key behind the others, then in front.`,
    );
  const made = newKey();
  const added = await addKey(secret.file, made);
  if (!added.ok) return added;
  if (terminal.json) writeJson(terminal, { active: made.key.id, file: secret.file });
  else
    terminal.out.write(
      `${secret.file}: what is new is encrypted with key ${made.key.id} from now on; running hubs notice within seconds. The keys before it are needed for what was encrypted with them: leave them there. signalbox encryption apply encrypts everything anew.\n`,
    );
  return ok(true);
};
