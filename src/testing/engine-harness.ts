/* An engine over the memory store and a clock that stands still, for tests. */
import assert from 'node:assert/strict';
import { agentsIntent } from '../areas/agents/decide.ts';
import { identify, joinedBy } from '../areas/agents/model.ts';
import { messagesIntent } from '../areas/messages/decide/index.ts';
import { areas, defaultSettings, initialSlices } from '../areas/index.ts';
import type { Area, Intent } from '../kernel/area.ts';
import type { Outcome } from '../kernel/errors.ts';
import type { Store } from '../journal/store.ts';
import type { Answer, Answered, Caller, PreparedCommand } from '../kernel/operation.ts';
import { type MemoryVault, openMemoryStore } from '../stores/memory/memory-store.ts';
import { CollectedLog } from '../testing/collected-log.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import type { Reply } from '../engine/answers.ts';
import { Engine, type EngineOptions } from '../engine/engine.ts';
import type { TextSearch } from '../engine/search.ts';

export const caller: Caller = {
  principal: 'owner',
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: undefined,
  client: undefined,
};

/** An answer that carries nothing. */
export const answered = (value: unknown): Answer<Answered> => ({
  ok: true,
  value: { value, carried: undefined, empty: false },
});

export const command = (intent: Intent, over: Partial<PreparedCommand> = {}): PreparedCommand => ({
  kind: 'command',
  operation: 'test_command',
  input: {},
  joins: undefined,
  intend: () => intent,
  answer: ({ entries, replayed }) =>
    answered({ types: entries.map(({ type }) => type), seq: entries[0]?.seq, replayed }),
  limitMs: 0,
  retry: undefined,
  place: undefined,
  ...over,
});

export const start = (agent: string, connection?: string) =>
  agentsIntent({ type: 'start', agent, handle: undefined, connection, client: undefined });

export const starting = (agent: string, connection?: string) =>
  command(start(agent, connection), { operation: 'start', input: { agent, connection }, joins: joinedBy });

/** A command that decides whatever the test says. */
export const deciding = (decide: Intent['decide'], over: Partial<PreparedCommand> = {}) =>
  command({ area: 'agents', type: 'agents.test', command: { type: 'test' }, decide }, over);

export const agentCount = {
  kind: 'query' as const,
  limitMs: 0,
  keys: () => [],
  run: (slices: typeof initialSlices) => answered(slices.agents.agents.size),
};

export const open = async (
  vault: MemoryVault,
  over: {
    readonly areas?: readonly Area[];
    readonly clock?: ManualClock;
    readonly wrap?: (store: Store) => Store;
    readonly search?: TextSearch;
    readonly onCarried?: EngineOptions['onCarried'];
    readonly instruments?: EngineOptions['instruments'];
    readonly cipher?: EngineOptions['cipher'];
    readonly onErased?: EngineOptions['onErased'];
    readonly snapshot?: EngineOptions['snapshot'];
  } = {},
) => {
  const log = new CollectedLog();
  const clock = over.clock ?? new ManualClock();
  const opened = await Engine.open({
    workspace: 'test',
    areas: over.areas ?? areas,
    settings: defaultSettings,
    initial: initialSlices,
    store: over.wrap?.(openMemoryStore(vault)) ?? openMemoryStore(vault),
    clock,
    log,
    identify,
    search: over.search,
    onCarried: over.onCarried,
    instruments: over.instruments,
    cipher: over.cipher,
    onErased: over.onErased,
    snapshot: over.snapshot,
    delivery: (cursors) => messagesIntent({ type: 'deliver', cursors }),
  });
  assert.ok(opened.ok, JSON.stringify(opened));
  return { engine: opened.value, clock, log };
};

export const valueOf = (outcome: Outcome<Reply>): unknown =>
  outcome.ok ? outcome.value.value : outcome.code;
