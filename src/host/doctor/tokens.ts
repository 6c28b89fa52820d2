import { shellWord } from '../../surfaces/cli/answer.ts';
import { readTokenFile, tokenFileIn } from '../access/token-file.ts';
import { readHubFile } from '../hub-file.ts';
import { type Check, type Finding, type Patient, bad, good, warn } from './check.ts';
import { editFile, moveAside, permit } from './mends.ts';
import { runningHub } from './running-hub.ts';
import { asksForTokens, standingOf } from './token-standing.ts';

/** The tokens that programs of this data directory, and commands from here, show to the hub. */
export const tokens: Check = {
  name: 'tokens',
  run: async (patient) => {
    const { settings } = patient.configuration;
    const hubUrl = await runningHub(settings);
    const findings = [
      ...(await ofVariable(patient, hubUrl)),
      ...(settings.url === undefined && !patient.sealed ? await ofFile(patient, hubUrl) : []),
    ];
    if (findings.length > 0) return findings;
    return [await ofNone(patient, hubUrl)];
  },
};

/** The one that was given. */
const ofVariable = async (patient: Patient, hubUrl: string | undefined): Promise<readonly Finding[]> => {
  const { settings, origins } = patient.configuration;
  const { token } = settings;
  if (token === undefined) return [];
  const origin = origins.get('token');
  if (hubUrl === undefined && token.runsProgram)
    return [good(`${token.place} is looked up by a program, which is not asked while no hub runs.`)];
  const mend = origin?.kind === 'file' ? editFile(origin.path) : 'unset SIGNALBOX_TOKEN';
  const text = await token.text();
  if (!text.ok) return [bad(text.message, mend)];
  const standing = await standingOf(text.value, hubUrl, patient);
  switch (standing.kind) {
    case 'good':
      return [good(`SIGNALBOX_TOKEN holds: ${standing.who}.`)];
    case 'untold':
      return [good(`SIGNALBOX_TOKEN is set; whether it holds is not known: ${standing.why}`)];
    case 'bad':
      return [
        bad(
          `SIGNALBOX_TOKEN does not hold: ${standing.why} Without it, commands show what the data directory has.`,
          standing.expired === undefined ? mend : `signalbox token refresh ${standing.expired}`,
        ),
      ];
  }
};

/** The one that the first start of a hub has left. */
const ofFile = async (patient: Patient, hubUrl: string | undefined): Promise<readonly Finding[]> => {
  const { dataDir } = patient.configuration.settings;
  const path = tokenFileIn(dataDir);
  const read = await readTokenFile(dataDir);
  if (!read.ok) {
    const mends: Readonly<Record<string, string>> = {
      forbidden: `chmod 600 ${shellWord(path)}`,
      invalid_input: moveAside(path),
    };
    return [bad(read.message, mends[read.code] ?? permit([path], 'u+rw'))];
  }
  if (read.value === undefined) return [];
  const standing = await standingOf(read.value, hubUrl, patient);
  switch (standing.kind) {
    case 'good':
      return [good(`${path} is yours alone, and the token in it holds: ${standing.who}.`)];
    case 'untold':
      return [good(`${path} is yours alone; whether the token in it holds is not known: ${standing.why}`)];
    case 'bad':
      return [
        warn(
          `The token in ${path} does not hold: ${standing.why} Without the file, the next start of the hub makes another.`,
          moveAside(path),
        ),
      ];
  }
};

/** No token is here: nobody asks for one, or that of a running hub is not for everybody to read. */
const ofNone = async (
  { configuration: { settings } }: Patient,
  hubUrl: string | undefined,
): Promise<Finding> => {
  if (hubUrl === undefined) return good('There is none, and no hub runs that could ask for one.');
  if ((await asksForTokens(hubUrl)) !== true)
    return good(`There is none, and the hub at ${hubUrl} asks for none.`);
  const file = await readHubFile(settings.dataDir);
  return settings.url === undefined && file?.token !== undefined
    ? good(`Commands of this data directory come in to the hub at ${hubUrl} as long as it runs.`)
    : bad(
        `The hub at ${hubUrl} asks who calls, and there is no token here. Give the one with which it was started, or another that its admin has made.`,
        'export SIGNALBOX_TOKEN=sbx_...',
      );
};
