import type { KnownFlag } from '../../surfaces/cli/flags.ts';
import type { KeyName } from '../configuration/keys.ts';

/** The keys of the configuration that every call takes as flags. */
export const callKeys: readonly KeyName[] = ['data-dir', 'workspace', 'agent', 'url'];

/** The flags of every call, beside those. */
export const callFlags: readonly KnownFlag[] = [
  {
    name: 'session',
    placeholder: 'HANDLE',
    meaning: 'the session that start returned, when not that of the agent',
  },
  { name: 'request-id', placeholder: 'ID', meaning: 'makes a repeat of this call do nothing a second time' },
];

/** The flag by which an operation takes its input whole. */
export const inputFlag: KnownFlag = {
  name: 'input',
  placeholder: 'JSON',
  meaning: 'the input as JSON, @FILE or - for stdin; flags go before it',
};
