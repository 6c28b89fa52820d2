import type { Command } from './command.ts';

export const encryptionGenerateKey: Command = {
  name: 'encryption generate-key',
  summary: 'makes a key for encryption, and prints it or writes it to a new file',
  words: '',
  keys: [],
  flags: [
    {
      name: 'out',
      placeholder: 'FILE',
      meaning: 'a new file for it, which only its owner can read; else stdout',
    },
  ],
  example: 'signalbox encryption generate-key --out ~/.config/signalbox/encryption.keys',
  run: async (given) => (await import('../encryption/generate-key.ts')).generateKey(given),
};

export const encryptionStatus: Command = {
  name: 'encryption status',
  summary: 'how many entries of each journal are encrypted, and with which keys',
  words: '',
  keys: ['data-dir', 'store'],
  flags: [],
  example: 'signalbox encryption status',
  run: async (given) => (await import('../encryption/status.ts')).encryptionStatus(given),
};

export const encryptionRotate: Command = {
  name: 'encryption rotate',
  summary: 'puts a new key in front of those of the key file, by which what is new is encrypted from then on',
  words: '',
  keys: [],
  flags: [],
  example: 'signalbox encryption rotate',
  run: async (given) => (await import('../encryption/rotate.ts')).rotateKey(given),
};

export const encryptionApply: Command = {
  name: 'encryption apply',
  summary: 'encrypts everything that is stored with the active key, while no hub runs; it may be interrupted',
  words: '',
  keys: ['data-dir', 'store'],
  flags: [{ name: 'decrypt', placeholder: undefined, meaning: 'makes everything plain text instead' }],
  example: 'signalbox encryption apply',
  run: async (given) => (await import('../encryption/apply.ts')).applyEncryption(given),
};
