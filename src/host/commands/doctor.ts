import type { Command } from './command.ts';
import { envFileFlag } from './flags.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'looks for what is wrong, and says which command mends it',
  words: '',
  keys: ['data-dir', 'workspace', 'url'],
  flags: [envFileFlag],
  example: 'signalbox doctor',
  despiteFaults: true,
  run: async (given) => (await import('../doctor/doctor.ts')).examine(given),
};
