/**
 * `npm run check:tarball`: packs what `npm run build` has made, installs it into empty folders, and uses it as
 * somebody does who has never seen the checkout, on the oldest Node that is supported and on the newest.
 */
import assert from 'node:assert/strict';
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { z } from 'zod';
import { packageOf } from '../../tools/bundle.ts';
import { installSidePackage } from '../side-package.ts';
import { Installed, packInto } from './installed.ts';

const checkout = join(import.meta.dirname, '../..');
const dist = join(checkout, 'dist');
const newest = join(import.meta.dirname, 'newest-node');

/** Of the tarball; what it depends on comes on top. */
const packedBytesMax = 5_000_000;

const { version } = z
  .object({ version: z.string() })
  .parse(JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')));

/** The newest Node, where npm has one for this machine. */
const newestNode = (): string | undefined =>
  ['linux-x64/bin/node', 'linux-arm64/bin/node', 'win-x64/bin/node.exe']
    .map((path) => join(newest, `node_modules/node-${path}`))
    .find((path) => existsSync(path));

const filesBelow = (folder: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));

/** The code of which packages is in the text of a file. */
const bundledIn = (text: string): readonly string[] =>
  [...text.matchAll(/^ *\/\/ (?:.*\/)?node_modules\/((?:@[^/]+\/)?[^/]+)\/.*$/gm)].map(
    ([, name = '']) => name,
  );

/** Which packages it imports, now or later, in every way that a bundler leaves. */
const importedIn = (text: string): readonly string[] =>
  [
    ...text.matchAll(/^(?:import |export |\} from )[^;"]*"([^"]+)";$/gm),
    ...text.matchAll(/\b(?:import|require\d*)\("([^"]+)"\)/g),
  ].flatMap(([, name = '']) => (name.startsWith('.') || isBuiltin(name) ? [] : packageOf(name)));

/** The code of a package is either in this one, together with its licence, or it is a dependency. */
const checkPackages = (folder: string): void => {
  const texts = filesBelow(join(folder, 'lib'))
    .filter((path) => path.endsWith('.mjs'))
    .map((path) => readFileSync(path, 'utf8'));
  const licences = readFileSync(join(folder, 'THIRD_PARTY_LICENSES.txt'), 'utf8');
  const licensed = [...licences.matchAll(/^-{80}\n\n(\S+) \S+ \(.+\)\n\n\S/gm)].map(([, name = '']) => name);
  const bundled = new Set(texts.flatMap(bundledIn));
  assert(bundled.has('zod'), 'the bundler says whose code it is');
  assert.deepEqual(licensed.toSorted(), [...bundled].toSorted(), 'licences of what is bundled');
  const { dependencies } = z
    .object({ dependencies: z.record(z.string(), z.string()) })
    .parse(JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')));
  const imported = new Set(texts.flatMap(importedIn));
  assert.deepEqual(Object.keys(dependencies).toSorted(), [...imported].toSorted(), 'what is imported');
  const languages = texts.flatMap(
    (text) => text.match(/node_modules\/zod\/.*\/locales\/(?!en\.js).*/g) ?? [],
  );
  assert.deepEqual(languages, [], 'of the library of schemas only what is used is there');
};

/** What came with the package is what its users run, and tells nothing of the machine that built it. */
const checkContents = (folder: string): void => {
  const paths = filesBelow(folder);
  const names = paths.map((path) => relative(folder, path).replaceAll('\\', '/'));
  const wanted =
    /^(?:bin\/signalbox\.cjs|lib\/.+|web\/.+|README\.md|LICENSE|THIRD_PARTY_LICENSES\.txt|sbom\.cdx\.json|package\.json)$/;
  assert(names.includes('sbom.cdx.json'), 'the package says what it is made of');
  const unwanted = /\.test\.|\.contract\.|^lib\/testing\/|(?<!\.d)\.ts$|\.map$|\.tsbuildinfo$/;
  assert.deepEqual(
    names.filter((name) => !wanted.test(name) || unwanted.test(name)),
    [],
    'files that nobody needs are in the package',
  );
  const places = [checkout, `${homedir()}/`, `${tmpdir()}/`];
  for (const path of paths) {
    const text = readFileSync(path, 'utf8');
    for (const place of places) assert(!text.includes(place), `${path} names ${place}`);
  }
};

const healthSchema = z.object({ status: z.literal('ok'), version: z.literal(version) });

interface Call {
  readonly token: string;
  readonly body: unknown;
}

const answerOf = async (url: string, call?: Call): Promise<unknown> => {
  const response = await fetch(
    url,
    call === undefined
      ? {}
      : {
          method: 'POST',
          body: JSON.stringify(call.body),
          headers: { Authorization: `Bearer ${call.token}` },
        },
  );
  const answer: unknown = await response.json();
  assert(response.ok, `${url} answered ${response.status}: ${JSON.stringify(answer)}`);
  return answer;
};

const title = 'Try the package';

/** The hub, which the command of the package is without any word; a task goes onto its board. */
const checkHub = async (installed: Installed): Promise<void> => {
  const hub = await installed.serve();
  try {
    healthSchema.parse(await answerOf(`${hub.url}/health`));
    const token = readFileSync(join(installed.dataDir, 'token'), 'utf8').trim();
    await answerOf(`${hub.url}/v1/operations/task_add`, { token, body: { title } });
    assert.equal(await tasksByMcp(installed), 1, 'through the hub there is one task');
  } finally {
    await hub.stop();
  }
  const left = filesBelow(installed.dataDir).filter((path) => /-wal$|hub\.json$/.test(path));
  assert.deepEqual(left, [], 'a hub that was told to stop leaves the journals closed');
};

/** How many tasks somebody sees who talks MCP to `npx signalbox mcp`. */
const tasksByMcp = async (installed: Installed): Promise<number> => {
  const client = await installed.mcp();
  try {
    assert.equal(client.getServerVersion()?.version, version);
    const { tools } = await client.listTools();
    const names = tools.map(({ name }) => name);
    for (const name of ['start', 'task_add', 'task_claim', 'task_done']) assert(names.includes(name), name);
    const { structuredContent } = await client.callTool({ name: 'task_list', arguments: {} });
    const { items } = z
      .object({ items: z.array(z.object({ title: z.literal(title) })) })
      .parse(structuredContent);
    return items.length;
  } finally {
    await client.close();
  }
};

const check = async (folder: string, given: { tarball: string; node: string }): Promise<string> => {
  await mkdir(folder);
  const installed = await Installed.make(folder, given);
  const node = await installed.node();
  checkContents(join(folder, 'node_modules/signalbox'));
  checkPackages(join(folder, 'node_modules/signalbox'));
  assert.match(await installed.npx('version'), new RegExp(`^(?:signalbox )?${RegExp.escape(version)}$`));
  await checkHub(installed);
  assert.equal(await tasksByMcp(installed), 1, 'without a hub the same task is there');
  await installed.npx('verify');
  assert(installed.has('home/cache/signalbox/compiled'), 'what was compiled is kept for the next start');
  return `Node ${node}: installed, served, answered MCP with and without a hub`;
};

assert(existsSync(join(dist, 'package.json')), 'There is no package in dist/: run "npm run build" first.');
await installSidePackage(newest);
const folder = await mkdtemp(join(tmpdir(), 'signalbox tarball '));
try {
  const tarball = await packInto(folder, dist);
  const bytes = statSync(tarball).size;
  assert(bytes < packedBytesMax, `the package has ${bytes} bytes, which is not less than ${packedBytesMax}`);
  const nodes = [process.execPath, newestNode()].filter((node) => node !== undefined);
  console.log(`packed: ${bytes} bytes`);
  for (const [index, node] of nodes.entries())
    console.log(await check(join(folder, String(index)), { tarball, node }));
} finally {
  await rm(folder, { recursive: true });
}
