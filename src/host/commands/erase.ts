import type { Command } from './command.ts';
import { ofFlag, subjectKinds } from './flags.ts';

export const erase: Command = {
  name: 'erase',
  summary: 'erases for good what somebody wrote in a workspace, or in the hub',
  words: 'SUBJECT',
  keys: ['data-dir', 'store', 'workspace'],
  flags: [
    ofFlag,
    {
      name: 'kind',
      placeholder: subjectKinds.join('|'),
      meaning: 'which is meant, where a principal and an agent have the same name',
      choices: subjectKinds,
    },
  ],
  example: 'signalbox erase ada --workspace main',
  run: async (given) => (await import('../erase/erase.ts')).eraseSubject(given),
};
