import { writtenDescription } from '../../catalogue/written-description.ts';
import { repeatable } from '../../kernel/text.ts';
import { type ClientFile, clientFiles } from '../../integrations/client-files.ts';
import { type NamedServer, readClientFile } from '../../integrations/client-servers.ts';
import { urlOf } from '../../surfaces/http/listen.ts';
import { mcpAddress } from '../mcp-address.ts';
import { lookOnce } from '../look-once.ts';
import { projectFolder } from '../workspace-resolution/project-folder.ts';
import { resolveWorkspace } from '../workspace-resolution/resolve.ts';
import type { Settings } from '../configuration/settings.ts';
import { type Check, type Finding, type Patient, warn } from './check.ts';
import { ofAddress } from './client-address.ts';
import { ofCommand } from './client-command.ts';
import type { Right } from './client-entries.ts';
import { ofClientToken } from './client-token.ts';
import { editFile, permit } from './mends.ts';
import { runningHub } from './running-hub.ts';

const wordsMax = 200;

export const clients: Check = {
  name: 'clients',
  run: async (patient) => {
    const { settings } = patient.configuration;
    const hubUrl = await runningHub(settings);
    const workspace = await workspaceHere(patient);
    const right: Right = { hubUrl, workspace, address: addressFor(settings, hubUrl, workspace) };
    const folders = {
      home: patient.home,
      project: await projectFolder(patient.place),
      env: patient.place.env,
    };
    const findings: Finding[] = [];
    for (const file of clientFiles(folders)) {
      const found = await readClientFile(file);
      if (found.kind === 'unreadable') findings.push(unreadable(file, found.reason));
      if (found.kind !== 'read') continue;
      for (const server of found.servers) findings.push(await ofServer(file, server, { patient, right }));
    }
    if (findings.length > 0) return findings;
    return [
      warn(
        'No client that is known (Claude Code, Codex, Gemini CLI, VS Code, Cursor) has Signalbox among its MCP servers. This is the command for Claude Code, signalbox connect codex that for Codex; signalbox serve prints lines for the others.',
        'signalbox connect claude',
      ),
    ];
  },
};

const unreadable = ({ client, path }: ClientFile, reason: string): Finding =>
  warn(
    `${client} (${path}) has a configuration that cannot be read: ${repeatable(reason, wordsMax)}`,
    /^EACCES\b/.test(reason) ? permit([path], 'u+rw') : editFile(path),
  );

/** The address that clients are given, while none runs that of one as configured; none where a hub is on a socket. */
const addressFor = (
  { listen }: Settings,
  hubUrl: string | undefined,
  workspace: string | undefined,
): string | undefined => {
  const url = hubUrl ?? (listen.kind === 'tcp' ? urlOf(listen) : undefined);
  return url?.startsWith('http:') ? mcpAddress(url, workspace) : undefined;
};

/** The workspace of this folder; undefined in a repository that has none yet, or says one that is not there. */
const workspaceHere = async ({ configuration, place, log }: Patient): Promise<string | undefined> => {
  const { settings } = configuration;
  const wanted = await resolveWorkspace({ configured: settings.workspace, ...place });
  if (!wanted.ok) return undefined;
  if (wanted.value.by === 'configuration' || wanted.value.by === 'default') return wanted.value.name;
  const looked = await lookOnce(settings, wanted.value, { catalogue: writtenDescription(), log });
  return looked.ok && looked.value.there ? looked.value.name : undefined;
};

const ofServer = async (
  file: ClientFile,
  server: NamedServer,
  about: { readonly patient: Patient; readonly right: Right },
): Promise<Finding> => {
  if (server.kind === 'address') return ofAddress(file, server, about);
  const { patient, right } = about;
  const rest = ofCommand(file, server, patient);
  return rest.state === 'good' ? ofClientToken(file, server, { patient, hubUrl: right.hubUrl, rest }) : rest;
};
