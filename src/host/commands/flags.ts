import type { KnownFlag } from '../../surfaces/cli/flags.ts';
import { type KeyName, keys } from '../configuration/keys.ts';
import { storeFlagNames } from '../configuration/store-keys.ts';

export { commonKeys, flagKeyNames } from '../configuration/keys.ts';

/** Flags that every command takes. */
export const everywhere: readonly KnownFlag[] = [
  { name: 'json', placeholder: undefined, meaning: 'one JSON document on stdout' },
  { name: 'help', placeholder: undefined, meaning: 'how to use this command' },
];

export const versionFlag: KnownFlag = { name: 'version', placeholder: undefined, meaning: 'the version' };

/** Keys of the configuration as flags. */
export const keyFlags = (names: readonly KeyName[]): readonly KnownFlag[] =>
  names.map((name) => ({ name, placeholder: keys[name].placeholder, meaning: keys[name].meaning }));

/** The keys of the configuration that every call takes as flags. */
export const callKeys: readonly KeyName[] = ['data-dir', ...storeFlagNames, 'workspace', 'agent', 'url'];

/** Where else settings may be said. A command that has this very flag takes them from there. */
export const envFileFlag: KnownFlag = {
  name: 'env-file',
  placeholder: 'FILE',
  meaning: 'more SIGNALBOX_ variables, below those of the environment; later files win',
  many: true,
};

/** The flags of every call, beside those. */
export const callFlags: readonly KnownFlag[] = [
  {
    name: 'session',
    placeholder: 'HANDLE',
    meaning: 'the session that start returned, when not that of the agent',
  },
  { name: 'wide', placeholder: undefined, meaning: 'everything there is, and times in full' },
  { name: 'request-id', placeholder: 'ID', meaning: 'a repeat of this call does nothing a second time' },
  envFileFlag,
];

export const journalOwners = ['workspace', 'hub'] as const;

/** Whose journal it is, by the words that the audit has for it. */
export type JournalOwner = (typeof journalOwners)[number];

export const ofFlag: KnownFlag = {
  name: 'of',
  placeholder: journalOwners.join('|'),
  meaning: "hub: the hub's own journal, of workspaces, principals, tokens and denials",
  choices: journalOwners,
};

/** Whose text can be erased: a principal's, with that of its agents, or that of the agents of a name. */
export const subjectKinds = ['principal', 'agent'] as const;

export type SubjectKind = (typeof subjectKinds)[number];

/** Of commands that keep a backup of what they take away. */
export const yesFlag: KnownFlag = {
  name: 'yes',
  placeholder: undefined,
  meaning: 'does it without asking',
};

/** The flag by which an operation takes its input whole. */
export const inputFlag: KnownFlag = {
  name: 'input',
  placeholder: 'JSON',
  meaning: 'input as JSON, @FILE or - (stdin); flags go first',
};
