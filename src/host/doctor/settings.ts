import { statSync } from 'node:fs';
import { writtenDescription } from '../../catalogue/written-description.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import type { Fault } from '../configuration/configuration.ts';
import { lookOnce } from '../look-once.ts';
import { type Wanted, resolveWorkspace, unsay } from '../workspace-resolution/resolve.ts';
import type { Meant } from '../workspace-resolution/settle.ts';
import { type Check, type Finding, bad, good, warn } from './check.ts';
import { editFile, moveAside, permit } from './mends.ts';

export const configuration: Check = {
  name: 'configuration',
  run: async ({ configuration: { origins }, faults }) => {
    if (faults.length > 0) return faults.map(ofFault);
    const set = [...origins].filter(([, { kind }]) => kind !== 'default').map(([name]) => name);
    return [
      good(
        set.length === 0 ? 'Valid; nothing is set, all is as by default.' : `Valid; ${set.join(', ')} set.`,
      ),
    ];
  },
};

const ofFault = ({ refusal: { message, details }, at }: Fault): Finding => {
  if (at.kind !== 'file')
    return bad(
      `${message} The other checks are made without.`,
      at.kind === 'environment' ? `unset ${at.variable}` : 'signalbox doctor',
    );
  const what = `${message} The other checks are made as if this file said nothing.`;
  if (details['reason'] === 'EACCES') return bad(what, permit([at.path], 'u+r'));
  const isFile = statSync(at.path, { throwIfNoEntry: false })?.isFile() === true;
  return bad(what, isFile ? editFile(at.path) : moveAside(at.path));
};

export const workspace: Check = {
  name: 'workspace',
  run: async ({ configuration: { settings }, place, log, sealed }) => {
    const wanted = await resolveWorkspace({ configured: settings.workspace, ...place });
    if (!wanted.ok) return [bad(wanted.message, adviceOf(wanted) ?? 'signalbox workspace use main')];
    if (wanted.value.by === 'default' && wanted.value.because !== undefined)
      return [
        warn(
          `Calls from here go to "${wanted.value.name}": ${wanted.value.because}.`,
          'sudo apt-get install git',
        ),
      ];
    if (sealed) return [good(whereTo(wanted.value, undefined))];
    const looked = await lookOnce(settings, wanted.value, { catalogue: writtenDescription(), log });
    if (!looked.ok && looked.code === 'workspace_unknown') return [missing(wanted.value, looked)];
    // What is wrong with the hub or its list itself is said where these are looked at.
    return [good(whereTo(wanted.value, looked.ok ? looked.value : undefined))];
  },
};

/** What git says itself, or what mends the link to a repository that was moved. */
const adviceOf = ({ message }: Refusal): string | undefined =>
  /git (?:config --global --add safe\.directory|worktree repair) (?:'[^']*'|\S+)/.exec(message)?.[0];

/** A name that a person gave may be misspelt. */
const missing = (wanted: Wanted, { message }: Refusal): Finding =>
  wanted.by === 'configuration'
    ? bad(
        `The configuration names the workspace "${wanted.name}", which is not there.`,
        `signalbox workspace add ${shellWord(wanted.name)}`,
      )
    : bad(message, unsay);

const whereTo = (wanted: Wanted, meant: Meant | undefined): string => {
  switch (wanted.by) {
    case 'configuration':
      return `Calls from here go to "${meant?.name ?? wanted.name}", as the configuration says.`;
    case 'git config':
      return `Calls from here go to "${meant?.name ?? wanted.name}", as the git config says.`;
    case 'repository':
      if (meant?.there !== true)
        return 'Calls from here go to that of this repository; the first one makes it and notes it in the git config.';
      return `Calls from here go to "${meant.name}", ${meant.noted ? 'as the git config notes for this hub' : 'which is that of this repository'}.`;
    case 'default':
      return `Calls from here go to "${wanted.name}", because this is no git repository.`;
  }
};
