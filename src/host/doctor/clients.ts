import { writtenDescription } from '../../catalogue/written-description.ts';
import { repeatable } from '../../kernel/text.ts';
import { type ClientFile, clientFiles } from '../../integrations/client-files.ts';
import { type NamedServer, readClientFile } from '../../integrations/client-servers.ts';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { connectHub } from '../../surfaces/http/client.ts';
import { urlOf } from '../../surfaces/http/listen.ts';
import { textOfSecret } from '../secrets/secret.ts';
import { connectFound } from '../found-hub.ts';
import { readHubFile } from '../hub-file.ts';
import { mcpAddress } from '../mcp-address.ts';
import { lookOnce } from '../look-once.ts';
import { projectFolder } from '../workspace-resolution/project-folder.ts';
import { resolveWorkspace } from '../workspace-resolution/resolve.ts';
import type { Settings } from '../configuration/settings.ts';
import { type Check, type Finding, type Patient, warn } from './check.ts';
import { ofAddress } from './client-address.ts';
import { ofCommand } from './client-command.ts';
import type { Right } from './client-entries.ts';
import { editFile, permit } from './mends.ts';

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
    const how =
      // A process finds the workspace of its repository by itself.
      right.address === undefined || workspace === undefined
        ? 'signalbox -- signalbox mcp'
        : `--transport http signalbox ${shellWord(right.address)}`;
    return [
      warn(
        'No client that is known (Claude Code, Codex, Gemini CLI, VS Code, Cursor) has Signalbox among its MCP servers. This is the line for Claude Code; signalbox serve prints those of the others.',
        `claude mcp add ${how}`,
      ),
    ];
  },
};

const unreadable = ({ client, path }: ClientFile, reason: string): Finding =>
  warn(
    `${client} (${path}) has a configuration that cannot be read: ${repeatable(reason, wordsMax)}`,
    /^EACCES\b/.test(reason) ? permit([path], 'u+rw') : editFile(path),
  );

/** The hub that calls from here go to, if it answers. */
const runningHub = async ({ url, dataDir, token }: Settings): Promise<string | undefined> => {
  const file = url === undefined ? await readHubFile(dataDir) : undefined;
  if (url === undefined && file === undefined) return undefined;
  const shown = await textOfSecret(token);
  if (!shown.ok) return undefined;
  if (url !== undefined) {
    const named = await connectHub(url, { token: shown.value });
    if (named.ok) named.value.close();
    return named.ok ? url : undefined;
  }
  const found = file === undefined ? undefined : await connectFound(file, shown.value);
  found?.close();
  return found === undefined ? undefined : file?.url;
};

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

const ofServer = (
  file: ClientFile,
  server: NamedServer,
  about: { readonly patient: Patient; readonly right: Right },
): Promise<Finding> | Finding =>
  server.kind === 'address' ? ofAddress(file, server, about) : ofCommand(file, server, about.patient);
