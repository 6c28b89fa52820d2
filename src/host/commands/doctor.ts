import type { Command } from './command.ts';

export const doctor: Command = {
  name: 'doctor',
  summary: 'looks for what is wrong, and says which command mends it',
  words: '',
  keys: ['data-dir', 'workspace', 'url'],
  flags: [],
  example: 'signalbox doctor',
  despiteFaults: true,
  run: async (given) => (await import('../doctor/doctor.ts')).examine(given),
};
