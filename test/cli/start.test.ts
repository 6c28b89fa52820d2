/* What a command loads before it answers: most of what it costs. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { sources } from '../host/processes.ts';
import { type Place, openPlace } from './program.ts';

const noting = pathToFileURL(join(import.meta.dirname, 'noting-modules.ts')).href;

/** The addresses of what was loaded, in order. */
const loadedBy = async (place: Place, args: readonly string[]): Promise<readonly string[]> => {
  const list = join(place.home, 'modules');
  const env = { NODE_OPTIONS: `--import=${noting}`, MODULES_LIST: list };
  const { status, err } = await place.run(args, { env });
  assert.equal(status, 0, err);
  return readFileSync(list, 'utf8').trim().split('\n');
};

const packagesIn = (modules: readonly string[]): readonly string[] => [
  ...new Set(modules.flatMap((url) => /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1] ?? [])),
];

const commands = [
  ['task', 'list'],
  ['task', 'add', 'One more'],
  ['call', 'task_list', '{}'],
];

describe('the start of a command', () => {
  for (const args of commands)
    it(`loads no package for a call through a hub: ${args.join(' ')}`, async (t) => {
      const place = await openPlace(t, sources);
      await place.start(['serve', '--port', '0']).says('Ctrl-C');
      const modules = await loadedBy(place, args);
      // The hub's address was read, or this would be no such call.
      assert(modules.some((url) => url.endsWith('/surfaces/http/hub-request.ts')));
      assert.deepEqual(packagesIn(modules), []);
      assert(
        modules.every((url) => !url.includes('/src/engine/') && !url.includes('/src/stores/')),
        'only whoever opens the journals needs what opens them',
      );
    });

  it('loads on the journals what keeps state and checks inputs, and no other package', async (t) => {
    const place = await openPlace(t, sources);
    const modules = await loadedBy(place, ['task', 'list']);
    assert.deepEqual(packagesIn(modules).toSorted(), ['sorted-btree', 'zod']);
    const needless = [
      '/areas/desk/',
      '/areas/operations.ts',
      '/catalogue/exposure/',
      '/followers/text-index/',
      '/surfaces/http/client.ts',
    ];
    assert.deepEqual(
      modules.filter((url) => needless.some((part) => url.includes(`/src${part}`))),
      [],
      'neither what the other operations need nor what speaks to a hub',
    );
  });
});

describe('the start of a hub', () => {
  it('loads what keeps state and checks inputs; MCP a second later, and no client of Node', {
    timeout: 60_000,
  }, async (t) => {
    const place = await openPlace(t, sources);
    const list = join(place.home, 'modules');
    const hub = place.start(['serve', '--port', '0'], {
      env: { NODE_OPTIONS: `--import=${noting}`, MODULES_LIST: list },
    });
    await hub.says('Ctrl-C');
    const speaks = '/node_modules/@modelcontextprotocol/server/';
    while (!readFileSync(list, 'utf8').includes(speaks)) await pause(50);
    const modules = readFileSync(list, 'utf8').trim().split('\n');
    const before = modules.slice(
      0,
      modules.findIndex((url) => url.includes('/surfaces/mcp/over-http/endpoint.ts')),
    );
    assert(
      before.some((url) => url.endsWith('/stores/sqlite/writer-worker.ts')),
      'its journals are open',
    );
    assert.deepEqual(packagesIn(before).toSorted(), ['sorted-btree', 'zod']);
    assert(
      !modules.includes('node:http'),
      'importing it loads a whole client; node-http.ts takes it another way',
    );
  });
});
