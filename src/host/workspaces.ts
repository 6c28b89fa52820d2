import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { identify } from '../areas/agents/model.ts';
import { unknownWorkspace, workspacesIntent } from '../areas/workspaces/decide.ts';
import { findWorkspace } from '../areas/workspaces/model.ts';
import type { Clock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Store } from '../journal/store.ts';
import { systemActor } from '../kernel/entry.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import { type Workspace, openWorkspace } from './workspace.ts';

/** Opens the journal of a name. `create`: whether it may come into being now, or must have been there. */
type OpenStore = (file: string, create: 'may' | 'must-exist') => Promise<Outcome<Store>>;

export interface WorkspacesOptions {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly openStore: OpenStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly ticksFirst: boolean;
}

const hubName = 'hub';

/** The hub's journal, which lists the workspaces, and the workspaces opened so far. */
export class Workspaces {
  readonly hub: Workspace;
  readonly #options: WorkspacesOptions;
  readonly #open = new Map<string, Promise<Outcome<Workspace>>>();

  private constructor(hub: Workspace, options: WorkspacesOptions) {
    this.hub = hub;
    this.#options = options;
  }

  static async open(options: WorkspacesOptions): Promise<Outcome<Workspaces>> {
    const file = join(options.dataDir, 'hub.journal');
    // Workspaces without the list of them: the list is lost, and a new empty one would hide all of them.
    const create = (await hasJournals(join(options.dataDir, 'workspaces'))) ? 'must-exist' : 'may';
    const store = await options.openStore(file, create);
    if (!store.ok) return store;
    const hub = await openWorkspace({
      ...options,
      name: hubName,
      store: store.value,
      snapshotPath: join(options.cacheDir, `${store.value.identity.id}.snapshot`),
      identify: (_slices, { principal, role }) =>
        ok({ principal, role, agent: undefined, session: undefined }),
    });
    if (hub.ok) return ok(new Workspaces(hub.value, options));
    await store.value.close();
    return hub;
  }

  /** Registers a workspace unless it is there. */
  async ensure(name: string): Promise<Outcome<true>> {
    const behind = await this.hub.engine.refresh();
    if (behind !== undefined) return behind;
    if (findWorkspace(this.hub.engine.slices.workspaces, name) !== undefined) return ok(true);
    const registered = await this.hub.engine.report(
      'host',
      workspacesIntent({ type: 'register', name, title: name }),
      systemActor,
    );
    return registered.ok || registered.code !== 'exists'
      ? toTrue(registered)
      : this.#sameCase(name, registered);
  }

  /** The workspace of this name, opened at the first call. A failure is not kept: the next call tries again. */
  get(name: string): Promise<Outcome<Workspace>> {
    const known = this.#open.get(name);
    if (known !== undefined) return known;
    const opening = this.#openOne(name);
    this.#open.set(name, opening);
    void opening.then((opened) => {
      if (!opened.ok) this.#open.delete(name);
    });
    return opening;
  }

  /** Those opened so far, the hub's own first. */
  async opened(): Promise<readonly Workspace[]> {
    const outcomes = await Promise.all(this.#open.values());
    return [this.hub, ...outcomes.flatMap((outcome) => (outcome.ok ? [outcome.value] : []))];
  }

  async close(): Promise<void> {
    const [hub, ...others] = await this.opened();
    await Promise.all(others.map((workspace) => workspace.close()));
    await hub?.close();
  }

  #sameCase(name: string, refusal: Outcome<unknown>): Outcome<true> {
    return findWorkspace(this.hub.engine.slices.workspaces, name) === undefined ? toTrue(refusal) : ok(true);
  }

  async #openOne(name: string): Promise<Outcome<Workspace>> {
    const { dataDir, cacheDir, openStore } = this.#options;
    const behind = await this.hub.engine.refresh();
    if (behind !== undefined) return behind;
    const registered = findWorkspace(this.hub.engine.slices.workspaces, name);
    if (registered === undefined) return unknownWorkspace(name);
    const file = join(dataDir, 'workspaces', `${name.toLowerCase()}.journal`);
    const store = await openStore(file, registered.journal === undefined ? 'may' : 'must-exist');
    if (!store.ok) return store;
    const { id } = store.value.identity;
    const attached = await this.hub.engine.report(
      'host',
      workspacesIntent({ type: 'attach', name, journal: id }),
      systemActor,
    );
    const workspace = attached.ok
      ? await openWorkspace({
          ...this.#options,
          name,
          store: store.value,
          snapshotPath: join(cacheDir, `${id}.snapshot`),
          identify,
        })
      : attached;
    if (!workspace.ok) await store.value.close();
    return workspace;
  }
}

const toTrue = (outcome: Outcome<unknown>): Outcome<true> => (outcome.ok ? ok(true) : outcome);

const hasJournals = async (folder: string): Promise<boolean> => {
  try {
    return (await readdir(folder)).some((file) => file.endsWith('.journal'));
  } catch {
    return false;
  }
};
