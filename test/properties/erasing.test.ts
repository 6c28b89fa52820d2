/* Random histories in which texts are erased: whoever folds them, however, comes to the same state, without those texts. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, it } from 'node:test';
import fc from 'fast-check';
import { identify } from '../../src/areas/agents/model.ts';
import { areas, defaultSettings, initialSlices } from '../../src/areas/index.ts';
import { operations } from '../../src/areas/operations.ts';
import { Engine } from '../../src/engine/engine.ts';
import { restore } from '../../src/engine/restore.ts';
import { verify } from '../../src/journal/journal.ts';
import { writeSnapshot } from '../../src/journal/snapshots.ts';
import { present } from '../../src/kernel/assert.ts';
import { secondMs } from '../../src/kernel/instants.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import {
  type MemoryVault,
  createMemoryVault,
  openMemoryStore,
} from '../../src/stores/memory/memory-store.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { caller, open } from '../../src/testing/engine-harness.ts';
import { erase, savedOf } from '../../src/testing/erasing.ts';
import type { ManualClock } from '../../src/testing/manual-clock.ts';
import { opened } from '../../src/testing/store-files.ts';

type Input = Readonly<Record<string, unknown>>;

/** Somebody calls an operation with texts that say who wrote them; or what somebody wrote until then is erased. */
type Step =
  | { readonly kind: 'call'; readonly who: number; readonly call: (text: string) => readonly [string, Input] }
  | { readonly kind: 'erase'; readonly who: number; readonly principal: boolean }
  | { readonly kind: 'snapshot' };

const agents = [
  { principal: 'owner', agent: 'ada' },
  { principal: 'owner', agent: 'bob' },
  { principal: 'eve', agent: 'cy' },
] as const;

const id = fc.constantFrom('T-1', 'T-2', 'T-3', 'T-4');
const to = fc.constantFrom('ada', 'bob', 'cy', 'everyone');
const lock = fc.constantFrom('yard', 'yard/1', 'quay');
const portal = fc.constantFrom('P-1', 'P-2');
const request = fc.integer({ min: 1, max: 2 });
const revision = fc.integer({ min: 1, max: 4 });
const status = fc.constantFrom('blocked', 'cancelled', 'todo');

type Made = (text: string) => readonly [string, Input];

const made = <T>(
  arbitrary: fc.Arbitrary<T>,
  make: (value: T, text: string) => readonly [string, Input],
): fc.Arbitrary<Made> => arbitrary.map((value) => (text) => make(value, text));

const call: fc.Arbitrary<Made> = fc.oneof(
  made(fc.boolean(), (long, text) => [
    'task_add',
    { title: text, ...(long && { body: `${text} body`, links: [`https://${text}.example`] }) },
  ]),
  made(fc.tuple(id, revision), ([task, seen], text) => [
    'task_update',
    { id: task, revision: seen, title: `${text} new`, body: text },
  ]),
  made(id, (task, text) => ['task_update', { id: task, note: text }]),
  made(fc.tuple(id, revision, status), ([task, seen, next], text) => [
    'task_update',
    { id: task, revision: seen, status: next, reason: text },
  ]),
  made(id, (task, text) => ['task_claim', { id: task, reason: text }]),
  made(id, (task, text) => ['task_done', { id: task, result: text }]),
  made(lock, (name, text) => ['lock_acquire', { name, purpose: text }]),
  made(lock, (name, text) => ['lock_break', { name, reason: text }]),
  made(to, (whom, text) => ['message_send', { to: whom, text, subject: `${text} subject` }]),
  made(to, (whom, text) => [
    'portal_open',
    { with: whom, about: text, text: `${text} first`, kind: 'request' },
  ]),
  made(fc.tuple(portal, request), ([which, number], text) => [
    'portal_reply',
    { portal: which, request: number, result: text },
  ]),
  made(portal, (which, text) => ['portal_close', { portal: which, reason: text }]),
  made(fc.boolean(), (other, text) => [
    'agent_update',
    { metadata: { branch: text, ...(other && { model: text }) } },
  ]),
);

const who = fc.nat({ max: agents.length - 1 });

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('call'), who, call }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('erase'), who, principal: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('snapshot') }) },
);

const callerOf = (index: number): Caller => {
  const { principal, agent } = present(agents[index], 'an agent of the test');
  return { ...caller, principal, kind: 'agent', connection: `of ${agent}` };
};

/** What the history has come to: texts that must be nowhere, and texts that must still be read. */
interface Course {
  readonly vault: MemoryVault;
  readonly live: readonly Engine[];
  readonly erased: readonly string[];
}

const run = async (
  engine: Engine,
  from: Caller,
  [name, input]: readonly [string, Input],
): Promise<boolean> => {
  const operation = present(
    operations.find((one) => one.name === name),
    name,
  );
  const prepared = operation.prepare(input);
  assert.ok(prepared.ok, JSON.stringify(prepared));
  assert.ok(prepared.value.kind === 'command');
  const done = await engine.execute(from, prepared.value);
  assert.ok(done.ok || name !== 'start', JSON.stringify(done));
  return done.ok;
};

const openOther = async (vault: MemoryVault, clock: ManualClock, path?: string): Promise<Engine> => {
  const store = openMemoryStore(vault);
  const log = new CollectedLog();
  const snapshot =
    path === undefined
      ? undefined
      : opened(await restore({ path, store, areas, initial: initialSlices, log }));
  if (path !== undefined) assert.ok(snapshot !== undefined, 'the snapshot fits');
  const settings = defaultSettings;
  const options = { workspace: 'test', areas, settings, initial: initialSlices, store, clock, log, identify };
  return opened(await Engine.open({ ...options, snapshot }));
};

/** Two engines on one journal take the steps in turn, and a third follows. */
const play = async (
  steps: readonly Step[],
  path: string,
): Promise<Course & { readonly snapshot: boolean }> => {
  const vault = createMemoryVault();
  const { engine: first, clock } = await open(vault);
  const live = [first, await openOther(vault, clock), await openOther(vault, clock)];
  const texts = new Map<number, string[]>(agents.map((_, i) => [i, []]));
  const erased: string[] = [];
  let snapshot = false;
  let written = 0;
  const calls = async (engine: Engine, index: number, call: (text: string) => readonly [string, Input]) => {
    const text = `w${index}x${written}z`;
    written += 1;
    if (await run(engine, callerOf(index), call(text))) texts.get(index)?.push(text);
  };
  for (const [i, { agent }] of agents.entries()) {
    await calls(first, i, (branch) => ['start', { agent, metadata: { branch } }]);
    await calls(first, i, (title) => ['task_add', { title }]);
  }
  await calls(first, 0, (about) => ['portal_open', { with: 'cy', about }]);
  for (const [i, one] of steps.entries()) {
    const engine = present(live[i % 2], 'two of them work');
    clock.advance(secondMs);
    if (one.kind === 'snapshot') {
      await first.refresh();
      if (!snapshot) await writeSnapshot(path, areas, first.snapshot());
      snapshot = true;
    } else if (one.kind === 'call') {
      await calls(engine, one.who, one.call);
    } else {
      const { principal, agent } = present(agents[one.who], 'an agent');
      await erase(engine, one.principal ? { principal } : { agent });
      for (const [j, other] of agents.entries()) {
        if (one.principal ? other.principal !== principal : other.agent !== agent) continue;
        erased.push(...(texts.get(j) ?? []));
        texts.set(j, []);
      }
    }
  }
  return { vault, live, erased, snapshot };
};

const check = async ({ vault, live, erased, snapshot }: Awaited<ReturnType<typeof play>>, path: string) => {
  const clock = present(live[0], 'there is one');
  for (const engine of live) assert.equal(await engine.refresh(), undefined);
  const expected = savedOf(clock.slices);
  const replayed = await open(vault);
  const others = [...live, replayed.engine];
  if (snapshot) others.push(await openOther(vault, replayed.clock, path));
  for (const engine of others) assert.deepEqual(savedOf(engine.slices), expected);
  const said = JSON.stringify(expected);
  for (const text of erased) assert.ok(!said.includes(text), `${text} was erased`);
  const stored = vault.rows.map(({ text }) => text).join('\n');
  assert.doesNotMatch(stored, /w\dx\d+z/, 'no text is ever stored as it is');
  assert.ok((await verify(openMemoryStore(vault))).ok);
  for (const engine of others) await engine.close();
};

const temporary = (context: TestContext): string => {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-'));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

it('AC56: live state, replay and any snapshot agree on what was erased, and the chain verifies', async (context) => {
  const folder = temporary(context);
  let runs = 0;
  let met = 0;
  const property = fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
    runs += 1;
    const path = join(folder, `${runs}.snapshot`);
    const course = await play(steps, path);
    met += course.erased.length;
    await check(course, path);
  });
  await fc.assert(property, { numRuns: 100 });
  assert.ok(met > 100, `texts were erased: ${met}`);
});
