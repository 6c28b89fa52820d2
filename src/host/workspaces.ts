import { identify } from '../areas/agents/model.ts';
import { unknownWorkspace, workspacesIntent } from '../areas/workspaces/decide.ts';
import {
  type Workspace as Registered,
  type Repository,
  findWorkspace,
  workspaceOfRepository,
} from '../areas/workspaces/model.ts';
import { hubName } from '../areas/workspaces/names.ts';
import type { Clock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import type { Keyring } from '../journal/cipher.ts';
import { type Storage, hubJournal, workspaceJournal } from '../journal/storage.ts';
import { noJournals } from '../journal/refusals.ts';
import { systemActor } from '../kernel/entry.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import type { Meter } from './metrics/meter.ts';
import { orHalfRestored, refuseHalfRestored } from './upkeep/restore/half-restored.ts';
import { type Workspace, openWorkspace } from './workspace.ts';

export interface WorkspacesOptions {
  readonly storage: Storage;
  readonly cacheDir: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly ticksFirst: boolean;
  readonly brief?: boolean;
  /** Whether the list of workspaces is there already, or is looked for and not made. */
  readonly mustExist?: boolean;
  /** What rules go by, where it is not the usual. */
  readonly rules?: RuleSettings;
  /** What measures the work of this process; nothing when absent. */
  readonly meter?: Meter | undefined;
  /** Absent: nothing is encrypted. Closing them closes what looks after it. */
  readonly keyring?: Keyring | undefined;
  readonly onClose?: (() => void) | undefined;
}

/** The hub's journal, which lists the workspaces, and the workspaces opened so far. */
export class Workspaces {
  readonly hub: Workspace;
  readonly clock: Clock;
  readonly log: Log;
  readonly storage: Storage;
  readonly #options: WorkspacesOptions;
  /** By the name of the file: a workspace has one, whatever it is called. */
  readonly #open = new Map<string, Promise<Outcome<Workspace>>>();

  /** Those of them that are open by now. */
  readonly #here = new Map<string, Workspace>();

  private constructor(hub: Workspace, options: WorkspacesOptions) {
    this.hub = hub;
    this.#options = options;
    this.clock = options.clock;
    this.log = options.log;
    this.storage = options.storage;
    // Who makes one call and ends needs not hear of it.
    if (options.brief === true) return;
    hub.engine.subscribe((entries) => {
      if (entries.some(({ type }) => type === 'workspaces.renamed')) void this.#rename();
    });
  }

  static async open(options: WorkspacesOptions): Promise<Outcome<Workspaces>> {
    const { storage, mustExist = false } = options;
    const names = await storage.names();
    if (!names.ok) return names;
    const whole = await refuseHalfRestored(storage, names.value);
    if (!whole.ok) return whole;
    if (mustExist && names.value.length === 0) {
      const begun = await storage.wasBegun(hubJournal);
      if (!begun.ok || !begun.value) return begun.ok ? noJournals(storage.place) : begun;
    }
    // Workspaces without the list of them: the list is lost, and a new empty one would hide all of them.
    const isKnown = mustExist || names.value.some((name) => name !== hubJournal);
    const store = await storage.open(hubJournal, isKnown ? 'must-exist' : 'may');
    if (!store.ok) return orHalfRestored(storage, store);
    const hub = await openWorkspace({
      ...options,
      name: hubName,
      store: store.value,
      // It has no texts but the titles of workspaces, and no operation looks for those.
      searched: false,
      identify: (_slices, { principal, role, kind, token, scope }) =>
        ok({ principal, role, kind, token, scope, agent: undefined, session: undefined }),
    });
    if (hub.ok) return ok(new Workspaces(hub.value, options));
    await store.value.close();
    return orHalfRestored(storage, hub);
  }

  /** The id of the key that what is new is encrypted with; undefined: nothing is. */
  get encryptionKey(): string | undefined {
    return this.#options.keyring?.active;
  }

  /** Of the hub. */
  get id(): string {
    return this.hub.store.identity.id;
  }

  /** What the workspace of this name is called now. */
  async known(name: string): Promise<Outcome<string>> {
    const { engine } = this.hub;
    const behind = await engine.refresh();
    if (behind !== undefined) return behind;
    const found = findWorkspace(engine.slices.workspaces, name);
    return found === undefined ? unknownWorkspace(name) : ok(found.name);
  }

  /** What the workspace of this repository is called, if there is one. */
  async ofRepository(repository: Repository): Promise<Outcome<string | undefined>> {
    const { engine } = this.hub;
    const behind = await engine.refresh();
    return behind ?? ok(workspaceOfRepository(engine.slices.workspaces, repository)?.name);
  }

  /** Registers a workspace unless it is there, or unless there is another one for the repository; what it is called. */
  async ensure(name: string, repository?: Repository): Promise<Outcome<string>> {
    if (repository === undefined) {
      const known = await this.known(name);
      if (known.ok || known.code !== 'workspace_unknown') return known;
    }
    const { engine } = this.hub;
    const registered = await engine.report(
      'host',
      workspacesIntent({ type: 'register', name, title: name, repository }),
      systemActor,
    );
    if (!registered.ok && registered.code !== 'exists') return registered;
    const { workspaces } = engine.slices;
    const found =
      repository === undefined
        ? findWorkspace(workspaces, name)
        : workspaceOfRepository(workspaces, repository);
    if (found !== undefined) return ok(found.name);
    return registered.ok ? unknownWorkspace(name) : registered;
  }

  /** The workspace that has this name or had it, opened at the first call. A failure is not kept: the next call tries again. */
  async get(name: string): Promise<Outcome<Workspace>> {
    const registered = await this.#find(name);
    if (!registered.ok) return registered;
    const { file } = registered.value;
    const known = this.#open.get(file);
    if (known !== undefined) return known;
    const opening = this.#openOne(registered.value);
    this.#open.set(file, opening);
    void opening.then(
      (opened) => {
        if (opened.ok) this.#here.set(file, opened.value);
        else this.#open.delete(file);
      },
      () => this.#open.delete(file),
    );
    return opening;
  }

  /** The workspace of this name, if it is open: nearly every call is for one that is, and needs not wait to hear so. */
  here(name: string): Workspace | undefined {
    const registered = findWorkspace(this.hub.engine.slices.workspaces, name);
    return registered === undefined ? undefined : this.#here.get(registered.file);
  }

  /** What its journal takes where it is kept. */
  bytesOf({ file }: Registered): Promise<number> {
    return this.#options.storage.bytesOf(workspaceJournal(file));
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
    await this.#options.storage.close();
    this.#options.onClose?.();
  }

  /** What is folded already knows nearly all names; only for one that it does not know the others are looked at. */
  async #find(name: string): Promise<Outcome<Registered>> {
    const { engine } = this.hub;
    const known = findWorkspace(engine.slices.workspaces, name);
    if (known !== undefined && this.#open.has(known.file)) return ok(known);
    const behind = await engine.refresh();
    if (behind !== undefined) return behind;
    const found = findWorkspace(engine.slices.workspaces, name);
    return found === undefined ? unknownWorkspace(name) : ok(found);
  }

  /** Answers say what a workspace is called now, also when it was renamed while it was being opened. */
  async #rename(): Promise<void> {
    for (const [file, opening] of this.#open) {
      const opened = await opening;
      const name = this.hub.engine.slices.workspaces.workspaces.get(file)?.name;
      if (opened.ok && name !== undefined) opened.value.engine.rename(name);
    }
  }

  async #openOne({ name, file, journal }: Registered): Promise<Outcome<Workspace>> {
    const { storage } = this.#options;
    const store = await storage.open(workspaceJournal(file), journal === undefined ? 'may' : 'must-exist');
    if (!store.ok) return orHalfRestored(storage, store);
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
          searched: true,
          identify,
        })
      : attached;
    if (workspace.ok) return workspace;
    await store.value.close();
    return orHalfRestored(storage, workspace);
  }
}
