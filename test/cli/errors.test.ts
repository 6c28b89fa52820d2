/*
 * Each error code once, as a person meets it: what was typed, the exit code, what is said, and the next step. Most are
 * brought about; for the others a hub is told to refuse.
 *
 * After a change of words: node --test --test-update-snapshots test/cli/errors.test.ts, and read the difference.
 */
import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type TestContext, describe, it, snapshot } from 'node:test';
import { z } from 'zod';
import { errorCodes } from '../../src/catalogue/errors.ts';
import { systemClock } from '../../src/engine/clock.ts';
import { Denials } from '../../src/host/access/denials.ts';
import { TokenGate } from '../../src/host/access/token-gate.ts';
import { type ErrorCode, errorTable } from '../../src/kernel/errors.ts';
import { shellWord } from '../../src/surfaces/cli/answer.ts';
import { jsonBytesMax, jsonDepthMax } from '../../src/surfaces/json-text.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { errorOf, serve } from '../surfaces/serving.ts';
import { type Place, type RunOptions, openPlace } from './program.ts';
import { type Told, tellHere } from './told-here.ts';

snapshot.setResolveSnapshotPath((path) => join(path ?? '', '../snapshots/errors.snap'));

interface Cause {
  readonly args: readonly string[];
  readonly options?: RunOptions;
}

type Causes = (place: Place, context: TestContext) => Promise<Cause>;

/** A call with nothing before it. */
const plainly =
  (...args: readonly string[]): Causes =>
  async () => ({ args });

/** A call after others. */
const after =
  (earlier: readonly Told[], args: readonly string[]): Causes =>
  async ({ dataDir }) => {
    await tellHere(dataDir, earlier);
    return { args };
  };

const added = (title: string, more: object = {}): Told => ({
  operation: 'task_add',
  input: { title, ...more },
});
const started = (agent: string, more: object = {}): Told => ({ operation: 'start', input: more, agent });
const claimed = (agent: string): Told => ({ operation: 'task_claim', input: {}, agent });

const add = (title: string, ...flags: readonly string[]) => ['task', 'add', title, ...flags];
const ada = ['--agent', 'ada'];
const bob = ['--agent', 'bob'];

/** Cases of what can be brought about by typing. */
const typed: Readonly<Partial<Record<ErrorCode, Causes>>> = {
  invalid_input: after([added('One')], ['task', 'update', 'T-1', '--wait-ms', '5']),
  not_json: plainly('call', 'task_get', '{"id": T-1}'),
  too_deep: plainly('call', 'task_get', '['.repeat(jsonDepthMax + 1)),
  too_large: async () => ({
    args: ['call', 'task_add', '-'],
    options: { stdin: ' '.repeat(jsonBytesMax + 1) },
  }),
  unknown_operation: plainly('call', 'task_clam'),
  not_found: plainly('task', 'get', 'T-9'),
  agent_unknown: plainly('task', 'claim', ...ada),
  workspace_unknown: plainly('call', 'mode_get', '{"workspace": "nowhere"}'),
  forbidden: async ({ dataDir }) => {
    const [answer] = await tellHere(dataDir, [started('ada')]);
    const { session } = z.looseObject({ session: z.string() }).parse(answer);
    return { args: ['start', ...bob, '--session', session] };
  },
  session_required: after([added('One')], ['task', 'claim', 'T-1']),
  session_ended: plainly('start', '--session', 's-1'),
  revision_required: after([added('One')], ['task', 'update', 'T-1', '--title', 'Two']),
  stale_revision: after([added('One')], ['task', 'update', 'T-1', '--title', 'Two', '--revision', '9']),
  stale_epoch: after(
    [added('One'), started('ada'), claimed('ada')],
    ['task', 'done', 'T-1', '--epoch', '1', ...ada],
  ),
  not_holder: after([added('One'), started('ada')], ['task', 'release', 'T-1', ...ada]),
  held: after(
    [added('One'), started('ada'), started('bob'), claimed('ada')],
    ['task', 'claim', 'T-1', ...bob],
  ),
  not_ready: after(
    [added('One'), added('Two', { depends_on: ['T-1'] }), started('ada')],
    ['task', 'claim', 'T-2', ...ada],
  ),
  not_capable: after(
    [added('One', { requires: ['rust'] }), started('ada')],
    ['task', 'claim', 'T-1', ...ada],
  ),
  nothing_free: after([started('ada')], ['task', 'claim', ...ada]),
  wip_limit: after(
    [added('One'), added('Two'), started('ada', { wip_limit: 1 }), claimed('ada')],
    ['task', 'claim', ...ada],
  ),
  invalid_state: after(
    [added('One'), started('ada'), { operation: 'task_done', input: { id: 'T-1' }, agent: 'ada' }],
    ['task', 'claim', 'T-1', ...ada],
  ),
  checklist_open: after(
    [added('One', { acceptance: ['it works'] }), started('ada')],
    ['task', 'done', 'T-1', ...ada],
  ),
  exists: after([added('One', { slug: 'one' })], add('Again', '--slug', 'one')),
  cycle: after(
    [added('One'), added('Two', { depends_on: ['T-1'] })],
    ['task', 'update', 'T-1', '--depends-on', 'T-2', '--revision', '1'],
  ),
  request_reused: after([{ ...added('One'), requestId: 'r-1' }], add('Two', '--request-id', 'r-1')),
  history_changed: plainly('task', 'list', '--cursor', '0.1 rank x 1 1'),
};

/** Cases of what the files and the hub of a place can be in for. */
const broken: Readonly<Partial<Record<ErrorCode, Causes>>> = {
  storage_read_only: async ({ cwd }) => {
    writeFileSync(join(cwd, 'file'), '');
    return { args: ['task', 'list', '--data-dir', 'file/data'] };
  },
  storage_failed: async (_place, context) => {
    const other = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((listening) => other.listen(0, '127.0.0.1', listening));
    context.after(() => other.close());
    const address = other.address();
    assert(typeof address === 'object' && address !== null);
    return { args: ['task', 'list', '--url', `http://127.0.0.1:${address.port}`] };
  },
  unauthenticated: async (_place, context) => {
    const opening = new Promise<never>(() => {});
    const [clock, log] = [systemClock, new CollectedLog()];
    const denials = new Denials({ clock, log });
    const gate = new TokenGate({ opening, own: undefined, clock, log, denials });
    const { url } = await serve(context, undefined, { gate });
    return { args: ['task', 'list', '--url', url] };
  },
  journal_corrupt: async (place) => {
    await tellHere(place.dataDir, [added('One')]);
    const journal = join(place.dataDir, 'workspaces', 'main.journal');
    const bytes = readFileSync(journal, 'latin1');
    writeFileSync(journal, bytes.replaceAll('tasks.added', 'tasks.asked'), 'latin1');
    return { args: ['task', 'list'] };
  },
  journal_missing: async (place) => {
    await tellHere(place.dataDir, [added('One')]);
    rmSync(join(place.dataDir, 'workspaces'), { recursive: true });
    return { args: ['task', 'list'] };
  },
};

/** Any code, by a hub that is told to refuse with it. */
const refused =
  (code: ErrorCode): Causes =>
  async (_place, context) => {
    const { url } = await serve(context);
    return {
      args: ['call', 'probe_refuse', JSON.stringify({ code })],
      options: { env: { SIGNALBOX_URL: url } },
    };
  };

/** What is different each time, by what it is. */
const steady = (text: string, { home }: Place): string =>
  text
    .replaceAll(home, '~')
    .replaceAll(/http:\/\/127\.0\.0\.1:\d+/g, 'http://127.0.0.1:PORT')
    .replaceAll(/\bs-[0-9A-Z]{26}\b/g, 's-HANDLE')
    .replaceAll(/\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, 'UUID')
    .replaceAll(/\b\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replaceAll(/\b\d+ s\b/g, 'N s')
    .replaceAll(/ {3,}|\[{9,}/g, '…');

describe('on the command line', { concurrency: 4 }, () => {
  for (const code of errorCodes) {
    it(code, async (t) => {
      const place = await openPlace(t);
      const { args, options } = await (typed[code] ?? broken[code] ?? refused(code))(place, t);
      const { status, out, err } = await place.run(args, options);
      assert.equal(out, '');
      assert.equal(status, errorTable[code].exit, err);
      t.assert.snapshot(steady(`$ signalbox ${args.map(shellWord).join(' ')}\n${err}exit ${status}`, place), {
        serializers: [String],
      });
      // The same for a program: the document has the code, and nothing is said beside it.
      const json = await place.run([...args, '--json'], options);
      assert.equal(json.status, status);
      assert.equal(errorOf(JSON.parse(json.out)).code, code);
    });
  }
});
