/**
 * `npm run check:inspector`: the official inspector in strict mode, which looks for what one client or another does not
 * understand in a list of tools, against the real server and in each era.
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
  ['legacy', 'modern'].map(async (era) => {
    const args = [
      hub.url,
      '--transport',
      'http',
      '--protocol-era',
      era,
      '--method',
      'tools/list',
      '--strict',
    ];
    return { era, ...(await inspector(args, home)) };
  }),
);
await hub.close();
await rm(home, { recursive: true });
for (const { era, code, output } of ended) {
  assert.equal(code, 0, `${era}: the inspector ended with ${String(code)}:\n${output}`);
  // It ends well with warnings too, and we want none.
  assert.doesNotMatch(output, /\d+ errors?, \d+ warnings?/, `${era}: ${output}`);
  const tools = output.match(/"inputSchema"/g)?.length ?? 0;
  assert(tools > 0, `${era}: no tools were listed`);
  console.log(`${era}: content with ${tools} tools`);
}
