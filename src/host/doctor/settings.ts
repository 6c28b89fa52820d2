import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { findWorkspace } from '../../areas/workspaces/model.ts';
import { mainWorkspace } from '../../areas/workspaces/names.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import type { Fault } from '../configuration/configuration.ts';
import { openJournals } from '../open-hub.ts';
import { resolveWorkspace } from '../workspace-resolution/resolve.ts';
import { type Check, type Finding, type Patient, bad, good, warn } from './check.ts';
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
  run: async (patient) => {
    const { configuration: given, place } = patient;
    const wanted = await resolveWorkspace({ configured: given.settings.workspace, ...place });
    if (!wanted.ok) {
      const mend = /git config --global --add safe\.directory \S+/.exec(wanted.message)?.[0];
      return [bad(wanted.message, mend ?? 'signalbox workspace use main')];
    }
    switch (wanted.value.by) {
      case 'configuration':
        return named(wanted.value.name, patient);
      case 'git config':
        return [good(`Calls from here go to "${wanted.value.name}", as the git config says.`)];
      case 'repository':
        return [
          good('Calls from here go to that of this repository; the first one notes it in the git config.'),
        ];
      case 'default':
        return [
          wanted.value.because === undefined
            ? good(`Calls from here go to "${wanted.value.name}", because this is no git repository.`)
            : warn(
                `Calls from here go to "${wanted.value.name}": ${wanted.value.because}.`,
                'sudo apt-get install git',
              ),
        ];
    }
  },
};

/** A name that a person gave may be misspelt. */
const named = async (
  name: string,
  { configuration: given, log, sealed }: Patient,
): Promise<readonly Finding[]> => {
  const { settings } = given;
  const fine = good(`Calls from here go to "${name}", as the configuration says.`);
  const here = settings.url === undefined && existsSync(join(settings.dataDir, 'hub.journal'));
  if (name === mainWorkspace || settings.url !== undefined || sealed) return [fine];
  const workspaces = here ? await openJournals(settings, { log, ticksFirst: false, brief: true }) : undefined;
  // What is wrong with the list itself is said where the journals are looked at.
  if (workspaces?.ok === false) return [fine];
  const found = workspaces && findWorkspace(workspaces.value.hub.engine.slices.workspaces, name);
  await workspaces?.value.close();
  return [
    found === undefined
      ? bad(
          `The configuration names the workspace "${name}", which is not there.`,
          `signalbox workspace add ${shellWord(name)}`,
        )
      : fine,
  ];
};
