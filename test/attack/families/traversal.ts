/* Paths in whatever takes text: nothing outside of the data directory may be read, made or changed. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { operations } from '../../../src/areas/operations.ts';
import { Catalogue } from '../../../src/catalogue/catalogue.ts';
import type { Operation } from '../../../src/kernel/operation.ts';
import { fieldsOf, typesOf } from '../../bad-input/fields.ts';
import { type Attack, type Family, refusedBy, tally, together } from '../harness/attack.ts';
import type { Range } from '../harness/range.ts';

const catalogue = new Catalogue(operations);

const payloads = ({ folder }: Range): readonly string[] => {
  const file = join(folder, 'canary', 'secret.txt');
  return [
    '../canary/secret.txt',
    '../../canary/secret.txt',
    '../../../../../../../../etc/passwd',
    '..\\..\\canary\\secret.txt',
    '....//....//canary/secret.txt',
    '%2e%2e%2fcanary%2fsecret.txt',
    '..%252fcanary%252fsecret.txt',
    '..%c0%afcanary%c0%afsecret.txt',
    file,
    `file://${file}`,
    `@${file}`,
    `${file}\u0000.json`,
    '../canary/new-file',
    'C:\\Windows\\win.ini',
    '\\\\server\\share\\x',
    '~/.ssh/id_rsa',
    '/dev/stdin',
    '/proc/self/environ',
    `$(cat ${file})`,
    `\`cat ${file}\``,
    `; cat ${file}`,
    // What stands for a value in a file of settings.
    ['$', '{HOME}/x'].join(''),
    `op://vault/item/field`,
    '.',
    '..',
  ];
};

/** Nobody's file may change, and nobody's content may be told. */
const untouched = async (range: Range, work: () => Promise<string>): Promise<string> => {
  const before = await range.files();
  const reason = await work();
  assert.equal(await range.files(), before);
  return reason;
};

const stringsOf = (operation: Operation) =>
  fieldsOf(catalogue, operation).filter((field) => typesOf(field).has('string'));

/** What could be answered with something of the machine: words that stand in no answer of ours. */
const leak = /root:x:0|\[fonts\]|SIGNALBOX_LOG_LEVEL=|BEGIN OPENSSH/;

const perOperation = (operation: Operation): Attack => ({
  name: `${operation.name}: ${stringsOf(operation).length} texts`,
  run: (range) =>
    untouched(range, async () => {
      const { session } = await range.must('start', { agent: 'ada' });
      const headers: Record<string, string> =
        operation.person === true ? {} : { 'Signalbox-Session': String(session) };
      const words: string[] = [];
      for (const field of stringsOf(operation)) {
        const asked = payloads(range).map((payload) =>
          range.call(operation.name, field.with(payload), { headers }),
        );
        for (const answer of await Promise.all(asked)) {
          assert(!answer.text.includes(range.canary), answer.text);
          assert.doesNotMatch(answer.text, leak);
          assert(answer.status < 500 && answer.code !== 'route_unknown', answer.text);
          words.push(answer.status === 200 ? 'taken as text' : `${answer.status} ${answer.code}`);
        }
      }
      return `${tally(words)}; no file read, made or changed`;
    }),
});

const targets: readonly (readonly [string, string])[] = [
  ['GET', '/../../../../etc/passwd'],
  ['GET', '/%2e%2e/%2e%2e/%2e%2e/etc/passwd'],
  ['GET', '/..%2f..%2f..%2fetc/passwd'],
  ['GET', '/health/../token'],
  ['GET', '/token'],
  ['GET', '/hub.json'],
  ['GET', '/workspaces/main/journal'],
  ['GET', '//etc/passwd'],
  ['GET', '/\\..\\..\\etc\\passwd'],
  ['GET', '/openapi.json%00.txt'],
  ['GET', 'file:///etc/passwd'],
];

const addresses: Attack = {
  name: `${targets.length} addresses that lead out`,
  run: (range) =>
    untouched(range, async () => {
      for (const [method, target] of targets) {
        const answer = await range.ask({ method, target, headers: [range.authorization] });
        assert.doesNotMatch(answer.text, leak);
        refusedBy(answer, 'route_unknown', /Nothing is served under/);
      }
      return '404 route_unknown: Nothing is served under them.';
    }),
};

const operationNames: Attack = {
  name: 'the name of an operation that leads out',
  run: (range) =>
    untouched(range, async () => {
      const reasons: string[] = [];
      for (const name of [
        '../../etc/passwd',
        '..%2f..%2ftoken',
        'task_list/../token_list',
        '__proto__',
        'task_list%00',
      ]) {
        const target = `/v1/operations/${name}`;
        const answer = await range.ask({
          method: 'POST',
          target,
          headers: [range.authorization],
          body: '{}',
        });
        reasons.push(refusedBy(answer, 'unknown_operation', /operation/).slice(0, 21));
      }
      return together(reasons);
    }),
};

const modes: Attack = {
  name: 'the mode in the address of MCP',
  run: (range) =>
    untouched(range, async () => {
      const reasons: string[] = [];
      for (const mode of ['..%2f..%2fcanary', '%2e%2e', 'full%00', '..', 'full/../../token']) {
        const headers = [range.authorization, 'Content-Type: application/json'];
        const answer = await range.ask({ method: 'POST', target: `/mcp/${mode}`, headers, body: '{}' });
        assert([400, 404].includes(answer.status), `${mode}: ${answer.text}`);
        reasons.push(`${answer.status} ${answer.code}`);
      }
      return together(reasons);
    }),
};

const headerValues = (header: string): Attack => ({
  name: `the header ${header}`,
  run: (range) =>
    untouched(range, async () => {
      const reasons: string[] = [];
      const values = ['../canary', '..', '/etc/passwd', '..\\x', '%2e%2e%2f', 'C:\\x', '.hidden'];
      for (const value of values) {
        const answer = await range.call('task_list', {}, { headers: { [header]: value } });
        reasons.push(refusedBy(answer, 'invalid_input', /is not valid/).slice(0, 17));
      }
      return `${together(reasons)}: no name`;
    }),
});

const queries: Attack = {
  name: 'the workspace and the place in the address of events',
  run: (range) =>
    untouched(range, async () => {
      const reasons: string[] = [];
      for (const query of [
        'workspace=../canary',
        'workspace=%2e%2e%2fcanary',
        'agent=../x',
        'since=../../canary',
        'area=../x',
      ]) {
        const answer = await range.ask({ target: `/v1/events?${query}`, headers: [range.authorization] });
        assert([400, 404, 410].includes(answer.status), `${query}: ${answer.text}`);
        reasons.push(`${answer.status} ${answer.code}`);
      }
      return together(reasons);
    }),
};

const resources: Attack = {
  name: 'the address of a resource of MCP',
  run: (range) =>
    untouched(range, async () => {
      const reasons: string[] = [];
      const file = join(range.folder, 'canary', 'secret.txt');
      for (const uri of [
        `file://${file}`,
        'signalbox://../canary/secret.txt',
        'signalbox://tasks/../../canary',
        'signalbox://workspace/%2e%2e%2fcanary',
      ]) {
        const _meta = {
          'io.modelcontextprotocol/protocolVersion': '2026-07-28',
          'io.modelcontextprotocol/clientInfo': { name: 'raw', version: '1' },
          'io.modelcontextprotocol/clientCapabilities': {},
        };
        const body = JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'resources/read',
          params: { uri, _meta },
        });
        const headers = [
          range.authorization,
          'Content-Type: application/json',
          'Accept: application/json, text/event-stream',
          'MCP-Protocol-Version: 2026-07-28',
          'Mcp-Method: resources/read',
          `Mcp-Name: ${uri}`,
        ];
        const answer = await range.ask({ method: 'POST', target: '/mcp', headers, body });
        assert(!answer.text.includes(range.canary));
        const error = /"code":(-?\d+)/.exec(answer.text)?.[1];
        assert(error !== undefined, answer.text);
        reasons.push(`error ${error}`);
      }
      return together(reasons);
    }),
};

export const traversal: Family = {
  name: 'path traversal',
  aim: 'to read, make or change a file outside of the data directory.',
  control: {
    name: 'names that are names, and what stands beside the data directory',
    run: async (range) => {
      await range.must('workspace_add', { name: 'beside' });
      const { session } = await range.must('start', { agent: 'ada' });
      const headers = { 'Signalbox-Session': String(session) };
      await range.must('task_add', { title: 'a', project: 'canary' }, { headers });
      await range.must('find', { text: 'canary' });
      assert.match(await range.files(), /secret\.txt [0-9a-f]{64}/);
      return '200, and the canary is there to be found';
    },
  },
  attacks: [
    ...catalogue.operations.filter((operation) => stringsOf(operation).length > 0).map(perOperation),
    addresses,
    operationNames,
    modes,
    ...['Signalbox-Workspace', 'Signalbox-Agent'].map(headerValues),
    queries,
    resources,
  ],
};
