import type { Command } from './command.ts';
import { callFlags, callKeys, envFileFlag } from './flags.ts';

export const run: Command = {
  name: 'run',
  summary: 'runs a command under a lock, and ends with its exit code',
  words: '-- COMMAND [ARG...]',
  keys: callKeys,
  flags: [
    { name: 'lock', placeholder: 'NAME', meaning: 'what to hold: pytest, issue:42, file:src/**, work' },
    { name: 'mode', placeholder: 'MODE', meaning: 'exclusive or shared; exclusive when absent' },
    {
      name: 'ttl',
      placeholder: 'SECONDS',
      meaning:
        'for how long the lock outlives this process if that is killed; it is renewed meanwhile; default 60',
    },
    {
      name: 'wait-ms',
      placeholder: 'N',
      meaning: 'how long to wait in the queue if the lock is held; default 0',
    },
    ...callFlags.filter(({ name }) => name === 'session'),
    envFileFlag,
  ],
  example: 'signalbox run --lock pytest --wait-ms 600000 -- npm test',
  run: async (given) => (await import('../run/run-under-lock.ts')).runUnderLock(given),
};
