/* Names that objects of JavaScript have of themselves, in whatever becomes an object. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { operations } from '../../../src/areas/operations.ts';
import { Catalogue } from '../../../src/catalogue/catalogue.ts';
import { type Attack, type Family, refusedBy, tally, together } from '../harness/attack.ts';
import { run } from '../harness/program.ts';
import type { Range } from '../harness/range.ts';

const catalogue = new Catalogue(operations);

/** Loaded into the process that is attacked: says what its prototypes have, when it is asked or at its end. */
const witness = `
  const owners = { Object: Object.prototype, Array: Array.prototype, Function: Function.prototype, String: String.prototype, Map: Map.prototype };
  const look = () => JSON.stringify(Object.entries(owners).map(([name, owner]) => [name, Reflect.ownKeys(owner).map(String)]));
  const before = look();
  const strange = () => ({ same: look() === before, admin: 'admin' in {}, polluted: 'polluted' in {} });
  process.on('message', (asked) => { if (asked === 'prototypes') process.send(strange()); });
  process.channel?.unref();
  process.on('exit', () => { if (process.send === undefined) process._rawDebug('PROTOTYPES ' + JSON.stringify(strange())); });`;
const witnessArgs = ['--import', `data:text/javascript,${encodeURIComponent(witness)}`];

const strangeSchema = z.object({ same: z.boolean(), admin: z.boolean(), polluted: z.boolean() });
const clean = { same: true, admin: false, polluted: false };

/** What the hub itself says of its prototypes. */
const untouched = async ({ hub }: Range): Promise<void> => {
  const heard = once(hub.child, 'message');
  hub.child.send('prototypes');
  const [said] = await heard;
  assert.deepEqual(strangeSchema.parse(said), clean);
};

const seen = 'the prototypes of the hub are as they were';

const members = [
  '"__proto__":{"admin":true,"polluted":1}',
  '"constructor":{"prototype":{"admin":true}}',
  '"prototype":{"admin":true}',
  '"__proto__":null',
  '"hasOwnProperty":1',
  '"toString":null',
];

const inBodies = (member: string): Attack => ({
  name: `{${member}} in the body of every operation`,
  run: async (range) => {
    const reasons: string[] = [];
    for (const { name, examples } of catalogue.operations) {
      const example = JSON.stringify(examples[0]?.input ?? {});
      const body = `{${member}${example === '{}' ? '}' : `,${example.slice(1)}`}`;
      reasons.push(
        refusedBy(await range.call(name, body), 'invalid_input', /is not known here/).slice(0, 17),
      );
    }
    await untouched(range);
    return `${together(reasons)}: it is not known here; ${seen}`;
  },
});

/** Maps take names that whoever calls chooses. */
const inMaps = (name: string): Attack => ({
  name: `"${name}" as a name in metadata`,
  run: async (range) => {
    const answer = await range.call('start', `{"agent":"mapped","metadata":{${JSON.stringify(name)}:"x"}}`);
    const { items } = await range.must('agent_list', { all: true });
    assert.doesNotMatch(JSON.stringify(items), /"admin":true/);
    await untouched(range);
    const kept = JSON.stringify(items).includes(`"${name}":"x"`) ? 'kept as a name like others' : 'left out';
    return `${answer.status} ${answer.code ?? kept}; ${seen}`;
  },
});

/** As the name of a thing, where names are looked up. */
const asName = (name: string): Attack => ({
  name: `"${name}" as the name of an agent, a task, a lock, a workspace and an operation`,
  run: async (range) => {
    const calls: readonly (readonly [string, unknown])[] = [
      ['start', { agent: name }],
      ['task_add', { title: name, slug: name, project: name, labels: [name], requires: [name] }],
      ['task_get', { id: name }],
      ['lock_list', { match: name }],
      ['workspace_add', { name }],
      ['tool_search', { category: name }],
      ['mode_set', { mode: name }],
      ['audit_query', { operation: name }],
      ['principal_remove', { name }],
      [name, {}],
    ];
    const words: string[] = [];
    for (const [operation, input] of calls) {
      const answer = await range.call(operation, input);
      assert(answer.status < 500, answer.text);
      words.push(answer.status === 200 ? 'a name like others' : `${answer.status} ${answer.code}`);
    }
    await untouched(range);
    return `${tally(words)}; ${seen}`;
  },
});

const elsewhere: Attack = {
  name: 'in names of headers, and in the address',
  run: async (range) => {
    const headers = ['__proto__: admin', 'constructor: admin', 'Signalbox-__proto__: x', 'prototype: x'];
    assert.equal((await range.ask({ target: '/health', headers })).status, 200);
    for (const query of ['__proto__[admin]=1', '__proto__.admin=1', 'constructor[prototype][admin]=1']) {
      const answer = await range.ask({ target: `/v1/events?${query}`, headers: [range.authorization] });
      refusedBy(answer, 'invalid_input', /means nothing here/);
    }
    await untouched(range);
    return `headers are not looked at, parameters are 400 invalid_input; ${seen}`;
  },
};

const mcp = (name: string, message: string): Attack => ({
  name: `in ${name} of MCP`,
  run: async (range) => {
    const headers = [
      range.authorization,
      'Content-Type: application/json',
      'Accept: application/json, text/event-stream',
    ];
    const modern = [
      'MCP-Protocol-Version: 2026-07-28',
      `Mcp-Method: ${/"method":"([^"]*)"/.exec(message)?.[1] ?? ''}`,
      `Mcp-Name: ${/"name":"([^"]*)","arguments/.exec(message)?.[1] ?? 'x'}`,
    ];
    const answer = await range.ask({
      method: 'POST',
      target: '/mcp',
      headers: [...headers, ...modern],
      body: message,
    });
    assert(answer.status < 500, answer.text);
    assert.doesNotMatch(answer.text, /"admin":true/);
    await untouched(range);
    return `${answer.status}; ${seen}`;
  },
});

const meta =
  '"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"raw","version":"1"},"io.modelcontextprotocol/clientCapabilities":{}';
const proto = '"__proto__":{"admin":true,"polluted":1}';

/** A process of its own, which says at its end how its prototypes are. */
const program = (
  name: string,
  args: (range: Range) => Promise<readonly string[]>,
  stdin?: string,
): Attack => ({
  name: `on the command line: ${name}`,
  run: async (range) => {
    const ran = await run(range, await args(range), {
      nodeArgs: witnessArgs,
      ...(stdin !== undefined && { stdin }),
    });
    const said = /PROTOTYPES (\{.*\})/.exec(ran.err)?.[1];
    assert(said !== undefined, ran.err);
    assert.deepEqual(strangeSchema.parse(JSON.parse(said)), clean);
    return `exit ${ran.status}; the prototypes of the process are as they were`;
  },
});

const file = async (range: Range, name: string, text: string): Promise<string> => {
  const path = join(range.folder, name);
  await writeFile(path, text);
  return path;
};

export const pollution: Family = {
  name: 'prototype pollution',
  aim: 'all objects of the process to have a member that the attacker chooses.',
  hub: { nodeArgs: witnessArgs },
  control: {
    name: 'the hub says how its prototypes are, and metadata is kept',
    run: async (range) => {
      await untouched(range);
      await range.must('start', { agent: 'mapped', metadata: { branch: 'main' } });
      const { items } = await range.must('agent_list', { all: true });
      assert.match(JSON.stringify(items), /"branch":"main"/);
      return 'as at the start; 200';
    },
  },
  attacks: [
    ...members.map(inBodies),
    ...['__proto__', 'constructor', 'prototype', '__defineGetter__'].map(inMaps),
    ...['constructor', 'prototype', '__proto__', 'hasOwnProperty', 'toString'].map(asName),
    elsewhere,
    mcp(
      'the arguments of a tool',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"task_add","arguments":{"title":"x",${proto}},${meta}}}}`,
    ),
    mcp('the parameters', `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${proto},${meta}}}}`),
    mcp('the meta data', `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{${meta},${proto}}}}`),
    mcp('the message', `{"jsonrpc":"2.0","id":1,"method":"tools/list",${proto},"params":{${meta}}}}`),
    mcp(
      'the name of a tool',
      `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"__proto__","arguments":{},${meta}}}}`,
    ),
    program('JSON', async () => ['task', 'add', '--input', `{"title":"x",${proto}}`]),
    program('JSON that is piped in', async () => ['task', 'add', '--input', '-'], `{"title":"x",${proto}}`),
    program('pairs of a map', async () => [
      'start',
      '--metadata',
      '__proto__=polluted',
      '--metadata',
      'constructor.prototype.polluted=1',
    ]),
    program('a flag', async () => ['task', 'list', '--__proto__', 'polluted']),
    program('settings in YAML', async (range) => [
      'config',
      '--config',
      await file(range, 'a.yaml', '__proto__:\n  polluted: 1\n  admin: true\n'),
    ]),
    program('settings in YAML that are merged', async (range) => [
      'config',
      '--config',
      await file(range, 'b.yaml', 'a: &a {__proto__: {polluted: 1}}\n<<: *a\n'),
    ]),
    program('a file of variables', async (range) => [
      'status',
      '--env-file',
      await file(range, 'c.env', '__proto__=polluted\nconstructor=x\n'),
    ]),
  ],
};
