import type { Command } from './command.ts';
import { callFlags, callKeys } from './flags.ts';

export const call: Command = {
  name: 'call',
  summary: 'calls any operation by its name, with its input as JSON',
  words: 'OPERATION [JSON|@FILE|-]',
  keys: callKeys,
  flags: callFlags,
  example: `signalbox call task_claim '{"id": "T-1"}'`,
  run: async (given) => (await import('../call-by-name.ts')).callByName(given),
};
