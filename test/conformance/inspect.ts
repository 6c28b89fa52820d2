/**
 * `npm run check:inspector`: the official inspector in strict mode, which looks for what one client or another does not
 * understand in a list of tools, against the real server: the list of most agents and the longest, in each era.
 */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startHub } from './hubs.ts';
import { inspector, installSuite } from './suite.ts';

await installSuite();
const hub = await startHub();
const home = await mkdtemp(join(tmpdir(), 'signalbox-inspector-'));
const ended = await Promise.all(
  ['legacy', 'modern'].flatMap((era) =>
    ['standard', 'full'].map(async (mode) => {
      const address = [`${hub.url}/${mode}`, '--transport', 'http', '--protocol-era', era];
      const { code, output } = await inspector([...address, '--method', 'tools/list', '--strict'], home);
      return { name: `${mode}, ${era}`, code, output };
    }),
  ),
);
await hub.close();
await rm(home, { recursive: true });
for (const { name, code, output } of ended) {
  assert.equal(code, 0, `${name}: the inspector ended with ${String(code)}:\n${output}`);
  // It ends well with warnings too, and we want none.
  assert.doesNotMatch(output, /\d+ errors?, \d+ warnings?/, `${name}: ${output}`);
  const tools = output.match(/"inputSchema"/g)?.length ?? 0;
  assert(tools > 0, `${name}: no tools were listed`);
  console.log(`${name}: content with ${tools} tools`);
}
