import { z } from 'zod';
import { type Outcome, ok } from '../../kernel/errors.ts';
import { repeatable } from '../../kernel/text.ts';
import type { ClientFile } from '../../integrations/client-files.ts';
import type { NamedServer } from '../../integrations/client-servers.ts';
import { workspaceAt } from '../../surfaces/http/call-headers.ts';
import { type RemoteHub, connectHub } from '../../surfaces/http/client.ts';
import type { Settings } from '../configuration/settings.ts';
import { farWorkspaces } from '../far-workspaces.ts';
import { mcpAddress } from '../mcp-address.ts';
import { askFor } from '../open-once.ts';
import { wholeCatalogue } from '../whole-catalogue.ts';
import { type Finding, type Patient, good, warn } from './check.ts';
import { type Right, entryText, isWrittenByHand, setAddress } from './client-entries.ts';

/** A hub on this machine answers at once. */
const answerTimeoutMs = 1_000;
const wordsMax = 200;

type Addressed = Extract<NamedServer, { readonly kind: 'address' }>;

interface About {
  readonly patient: Patient;
  readonly right: Right;
}

/** Looks at the address that a client has, and at what a hub there makes of it. */
export const ofAddress = async (
  file: ClientFile,
  server: Addressed,
  { patient, right }: About,
): Promise<Finding> => {
  const { settings } = patient.configuration;
  const shown = repeatable(withoutSecrets(server.url), wordsMax);
  const has = `${file.client} (${file.path}) has the address ${shown}`;
  const mend = (what: string, address = right.address): Finding =>
    warn(
      address !== undefined && isWrittenByHand(file)
        ? `${what} Its entry should be ${entryText(file, server.name, { url: address })}`
        : what,
      setAddress(file, server.name, address),
    );
  const address = URL.parse(server.url);
  if (address === null || !/^\/mcp(?:\/|$)/.test(address.pathname))
    return mend(`${has}, where no hub serves MCP; it ends in /mcp.`);
  const workspace = workspaceAt(address.search, undefined);
  const plain = mcpAddress(address.origin, workspace.ok ? workspace.value : undefined);
  const mode = faultInMode(address);
  if (mode !== undefined) return mend(`${has}: ${mode}`, plain);
  const { hubUrl } = right;
  const isOwn = hubUrl !== undefined && originOf(address) === originOf(URL.parse(hubUrl));
  const found = await connectHub(address.origin, { timeoutMs: answerTimeoutMs });
  const goal = found.ok ? await goalOf(found.value, workspace) : undefined;
  if (found.ok) found.value.close();
  if (hubUrl !== undefined && !isOwn)
    return mend(
      `${has}, where ${found.ok ? 'another hub' : 'no hub'} answers; the hub of this data directory is at ${hubUrl}.`,
    );
  if (!found.ok || goal === undefined)
    return warn(`${has}, where no hub answers now.`, `signalbox serve${portFlag(address, settings)}`);
  if (!goal.ok) return mend(`${has}: ${goal.message}`, keepingMode(address, right.address));
  if (!isOwn) return good(`${has}, where a hub answers.`);
  const leads = `${file.client} (${file.path}) has the address of the hub, ${shown}, which leads to the workspace "${goal.value}"`;
  // What a user has for all folders may lead to one board on purpose.
  if (file.scope === 'user' || goal.value === right.workspace) return good(`${leads}.`);
  return right.workspace === undefined
    ? warn(`${leads}. This repository has none of its own yet; calls from here make it.`, 'signalbox status')
    : mend(
        `${leads}; calls from here go to "${right.workspace}", so its agents have another board.`,
        keepingMode(address, right.address),
      );
};

/** What comes after `/mcp/`, as the hub reads it. */
const modeIn = ({ pathname }: URL): string => pathname.replace(/^\/mcp\/?/, '').replace(/\/$/, '');

const faultInMode = (address: URL): string | undefined => {
  const mode = modeIn(address);
  if (mode === '') return undefined;
  const parsed = wholeCatalogue().exposure.parse(mode);
  return parsed.ok ? undefined : `the hub refuses it. ${parsed.message}`;
};

const keepingMode = (address: URL, right: string | undefined): string | undefined => {
  const mode = modeIn(address);
  return mode === '' ? right : right?.replace(/\/mcp(?=\?|$)/, `/mcp/${mode}`);
};

/** The workspace that a hub takes this one for: without a name its own. Every call is refused whose workspace is not there. */
const goalOf = async (hub: RemoteHub, asked: Outcome<string | undefined>): Promise<Outcome<string>> => {
  if (!asked.ok) return asked;
  const ask = askFor(hub);
  if (asked.value === undefined) {
    const answer = await ask('status', {});
    return answer.ok ? ok(statusIn.parse(answer.value).workspace) : answer;
  }
  const known = await farWorkspaces(ask, hub.id).known(asked.value);
  return !known.ok && known.code === 'workspace_unknown'
    ? {
        ...known,
        message: `the hub there has no workspace "${asked.value}", so it refuses every call. signalbox workspace list names those that it has.`,
      }
    : known;
};

const statusIn = z.object({ workspace: z.string() });

const portFlag = ({ port }: URL, { listen }: Settings): string =>
  port === '' || (listen.kind === 'tcp' && Number(port) === listen.port) ? '' : ` --port ${port}`;

/** Localhost has three names. */
const originOf = (address: URL | null): string | undefined =>
  address?.origin.replace(/\/\/(?:localhost|\[::1\])(?=:|$)/, '//127.0.0.1');

/** An address may hold a password or a token. Which workspace it leads to is none. */
const withoutSecrets = (url: string): string => {
  const address = URL.parse(url);
  if (address === null) return url;
  const workspace = address.searchParams.get('workspace');
  const search = workspace === null ? '' : `?workspace=${workspace}`;
  return `${address.protocol}//${address.host}${address.pathname}${search}`;
};
