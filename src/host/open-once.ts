import type { Description } from '../catalogue/description.ts';
import { mainWorkspace } from '../areas/workspaces/names.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, type Refusal, errorTable, ok } from '../kernel/errors.ts';
import type { RemoteHub } from '../surfaces/http/client.ts';
import type { Hub, HubCall, HubReply } from '../surfaces/hub.ts';
import type { Settings } from './configuration/settings.ts';
import { type Ask, farWorkspaces, ownCaller } from './far-workspaces.ts';
import { readHubFile } from './hub-file.ts';
import { foundPatienceMs, lineTo, namedPatienceMs, noHub, ownLine } from './hub-sources.ts';
import { type Line, type Source, SteadyHub } from './steady-hub.ts';
import { textOfSecret } from './secrets/secret.ts';
import { tokenFor } from './token-for.ts';
import { version } from './version.ts';
import type { Place, Wanted } from './workspace-resolution/resolve.ts';
import { type WorkspaceList, settleWorkspace } from './workspace-resolution/settle.ts';
import { wantedWorkspace } from './workspace-resolution/wanted.ts';

/** A hub for what one command asks. */
export interface ConnectedOnce {
  readonly hub: Hub;
  /** Id of that hub, by which names are noted. */
  readonly id: string | undefined;
  /** Whether a running hub answers, or this process from the journals. */
  readonly how: 'hub' | 'journal';
  /** Of the running one. */
  readonly url: string | undefined;
  readonly close: () => Promise<void>;
}

export interface OpenedOnce extends Omit<ConnectedOnce, 'id'> {
  /** Which one calls are for that name none. */
  readonly workspace: string;
}

export interface ConnectOptions {
  readonly catalogue: Description;
  readonly log: Log;
  /** For what only reads: a database that has no board yet is left without. */
  readonly looks?: boolean;
}

export interface OpenOnceOptions extends ConnectOptions {
  /** Where the workspace is looked for; this process when absent. */
  readonly place?: Place;
}

/**
 * A hub for one command: the running one when there is one, else the journals, without anything that goes on beside the
 * command. A workspace that a person named must be there; that of a repository, and `main`, are made when they are first
 * needed.
 */
export const openOnce = async (
  settings: Settings,
  { place, ...options }: OpenOnceOptions,
): Promise<Outcome<OpenedOnce>> => {
  const { catalogue, log } = options;
  const wanted = await wantedWorkspace(settings, log, place);
  if (!wanted.ok) return wanted;
  const connected = await connectOnce(settings, options);
  if (!connected.ok) return connected;
  const { id, hub: met, ...rest } = connected.value;
  const hub = new OnceHub(met, { wanted: wanted.value, id, catalogue, log });
  const workspace = await hub.settled();
  if (workspace.ok) return ok({ ...rest, hub, workspace: workspace.value });
  await rest.close();
  return workspace;
};

/** A hub for one command, whatever workspace its calls name. Without a running one, the journals are opened, or made. */
export const connectOnce = async (
  settings: Settings,
  { catalogue, log, looks = false }: ConnectOptions,
): Promise<Outcome<ConnectedOnce>> => {
  let url: string | undefined;
  const meet = (hub: RemoteHub): Line => {
    ({ url } = hub);
    return lineTo(hub, undefined);
  };
  const source =
    settings.url === undefined ? nearby(settings, { log, looks, meet }) : named(settings.url, settings, meet);
  // One look, so that nobody waits for a hub that is not there; from then on it may be gone for a moment.
  const found = await source.look();
  const line =
    found.ok || source.instead === undefined || !errorTable[found.code].retryable
      ? found
      : await source.instead();
  if (!line.ok) return line;
  const hub = new SteadyHub({
    source: beginningWith(line.value, source),
    version,
    writes: (name) => {
      const operation = catalogue.find(name);
      return operation.ok && operation.value.kind === 'command';
    },
    log,
  });
  return ok({
    hub,
    id: line.value.id,
    how: found.ok ? 'hub' : 'journal',
    url,
    close: () => hub.close(),
  });
};

/** Makes a line to a hub that was found. */
type Meet = (hub: RemoteHub) => Line;

const named = (url: string, settings: Settings, meet: Meet): Source => ({
  name: `The hub at ${url}`,
  patienceMs: namedPatienceMs,
  look: async () => {
    const shown = await tokenFor(url, settings);
    if (!shown.ok) return shown;
    const { connectHub } = await import('../surfaces/http/client.ts');
    const hub = await connectHub(url, { token: shown.value });
    return hub.ok ? ok(meet(hub.value)) : hub;
  },
});

interface Nearby extends Required<Pick<ConnectOptions, 'log' | 'looks'>> {
  readonly meet: Meet;
}

const nearby = (settings: Settings, { log, looks, meet }: Nearby): Source => ({
  name: 'The hub of this data directory',
  patienceMs: foundPatienceMs,
  look: async () => {
    const file = await readHubFile(settings.dataDir);
    if (file === undefined) return noHub;
    const token = await textOfSecret(settings.token);
    if (!token.ok) return token;
    // Nobody else needs what speaks to a hub.
    const { connectFound } = await import('./found-hub.ts');
    const hub = await connectFound(file, token.value);
    return hub === undefined ? noHub : ok(meet(hub));
  },
  instead: async () => {
    // Most commands find a hub, and need not wait for all that opening journals loads.
    const { hubOver, openJournals } = await import('./open-hub.ts');
    const { calledOperation } = await import('./called-operation.ts');
    const workspaces = await openJournals(settings, { log, ticksFirst: false, brief: true, looks });
    return workspaces.ok
      ? ok(
          ownLine(
            hubOver(workspaces.value, {
              find: calledOperation,
              workspace: mainWorkspace,
              rates: settings.rateLimits,
            }),
          ),
        )
      : workspaces;
  },
});

const beginningWith = (first: Line, source: Source): Source => {
  let left: Line | undefined = first;
  return {
    ...source,
    look: () => {
      const line = left;
      left = undefined;
      return line === undefined ? source.look() : Promise.resolve(ok(line));
    },
  };
};

interface OnceHubOptions extends ConnectOptions {
  readonly wanted: Wanted;
  readonly id: string | undefined;
}

/** Whatever hub there is, for calls that go to the workspace that is wanted. It is asked for only when it is missing. */
class OnceHub implements Hub {
  readonly version = version;
  readonly #hub: Hub;
  readonly #options: OnceHubOptions;
  #workspace: string | undefined;

  constructor(hub: Hub, options: OnceHubOptions) {
    this.#hub = hub;
    this.#options = options;
    const { wanted, id } = options;
    this.#workspace = wanted.by === 'repository' ? wanted.repository.notedFor(id) : wanted.name;
  }

  /** What the workspace is called; one that is not known by name yet is made now. */
  async settled(): Promise<Outcome<string>> {
    return this.#workspace === undefined ? this.#settle() : ok(this.#workspace);
  }

  async call(asked: HubCall): Promise<Outcome<HubReply>> {
    const meant = this.#workspace;
    const call = { ...asked, workspace: asked.workspace ?? meant };
    const outcome = await this.#hub.call(call);
    if (outcome.ok || outcome.code !== 'workspace_unknown' || !this.#isFor(call)) return outcome;
    const { workspace } = outcome.details;
    if (workspace !== call.workspace) return outcome;
    if (meant === undefined || workspace !== meant || !this.#mayMake(meant))
      return this.#unknown(String(workspace), outcome);
    const made = await this.#settle();
    return made.ok ? this.#hub.call({ ...call, workspace: made.value }) : made;
  }

  disconnect(...given: Parameters<Hub['disconnect']>): Promise<void> {
    return this.#hub.disconnect(...given);
  }

  health(): ReturnType<Hub['health']> {
    return this.#hub.health();
  }

  changes(
    workspace: string | undefined,
    listener: Parameters<Hub['changes']>[1],
  ): ReturnType<Hub['changes']> {
    return this.#hub.changes(workspace ?? this.#workspace, listener);
  }

  /** Whether the workspace of the call matters to it. One that is renamed, say, must be there. */
  #isFor({ operation }: HubCall): boolean {
    const found = this.#options.catalogue.find(operation);
    return found.ok && (found.value.journal === 'workspace' || found.value.ofWorkspace === true);
  }

  #mayMake(name: string): boolean {
    return this.#options.wanted.by !== 'configuration' || name === mainWorkspace;
  }

  async #settle(): Promise<Outcome<string>> {
    const { wanted, log } = this.#options;
    const name = await settleWorkspace(wanted, this.#list, log);
    if (name.ok) this.#workspace = name.value;
    return name;
  }

  /** The refusal that says as well which name is near. */
  async #unknown(name: string, refusal: Refusal): Promise<Refusal> {
    const known = await this.#list.known(name);
    return known.ok ? refusal : known;
  }

  get #list(): WorkspaceList {
    return farWorkspaces(askFor(this.#hub), this.#options.id);
  }
}

/** Asks a hub in the name of this process. */
export const askFor =
  (hub: Hub): Ask =>
  async (operation, input, workspace) => {
    const reply = await hub.call({
      operation,
      input,
      caller: ownCaller,
      workspace,
      requestId: undefined,
      signal: undefined,
    });
    return reply.ok ? ok(reply.value.value) : reply;
  };
