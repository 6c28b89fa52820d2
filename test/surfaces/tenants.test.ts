import assert from 'node:assert/strict';
import { type TestContext, it } from 'node:test';
import { operations } from '../../src/areas/operations.ts';
import { EventStream } from './event-client.ts';
import { begin, request } from './raw-mcp.ts';
import { errorOf, post } from './serving.ts';
import { type Headers, Tenants, canary, knownName, ownName, secretName, visitors } from './tenants.ts';

const tellsNothing = (text: string, what: string): void => {
  assert.ok(!text.includes(canary), `${what} tells of another workspace: ${text.slice(0, 2_000)}`);
};

const own: Headers = { 'signalbox-workspace': ownName };

it('AC33 no operation tells anything of a workspace that the token is not for, or does anything in it', async (t) => {
  const tenants = await Tenants.open(t);
  const { served } = tenants;
  const before = await tenants.asked('audit_query', { limit: 1 }, { 'signalbox-workspace': secretName });
  for (const visitor of visitors) {
    for (const operation of operations) {
      const { name, journal, ofWorkspace } = operation;
      for (const input of tenants.inputsOf(operation, [])) {
        const answerFor = async (workspace: string): Promise<string> => {
          const named = ofWorkspace === true ? { ...Object(input), workspace } : input;
          const headers = { ...visitor, 'signalbox-workspace': workspace };
          return (await tenants.asked(name, named, headers))
            .replaceAll(workspace, '?')
            .replace(/date: .*/, '');
        };
        const told = await answerFor(knownName);
        tellsNothing(told, name);
        if (journal === 'hub' && ofWorkspace !== true) continue;
        assert.match(told, /^40[34]\n/, name);
        const unknown = await answerFor(`${'nobody'.padEnd(canary.length, 's')}-shop`);
        assert.equal(await answerFor(secretName), unknown, name);
      }
    }
  }
  assert.equal(
    dateless(await tenants.asked('audit_query', { limit: 1 }, { 'signalbox-workspace': secretName })),
    dateless(before),
  );
  tellsNothing(JSON.stringify([served.log.warnings, served.log.errors]), 'the log');
});

const dateless = (text: string): string => text.replace(/date: .*/, '');

it('AC33 nothing that can be named leads from one workspace to another', async (t) => {
  const tenants = await Tenants.open(t);
  const { served } = tenants;
  const there = { 'signalbox-workspace': secretName };
  const started = await post(served, 'start', { body: { agent: 'bert' }, headers: there });
  const { session } = Object(started.body);
  const listed = await post(served, 'token_list', { body: {} });
  const { id } = Object(listed.body).items[0];
  const names = [session, id, 'T-1', 'M-1', 'P-1', knownName];
  for (const visitor of visitors) {
    for (const operation of operations) {
      const foreign = { ...visitor, ...own, 'signalbox-session': session };
      const told = await Promise.all([
        ...tenants
          .inputsOf(operation, names)
          .map((input) => tenants.asked(operation.name, input, { ...visitor, ...own })),
        ...tenants.inputsOf(operation, []).map((input) => tenants.asked(operation.name, input, foreign)),
      ]);
      tellsNothing(told.join('\n'), operation.name);
    }
    const found = await post(served, 'find', { body: { text: canary }, headers: { ...visitor, ...own } });
    assert.equal(Object(found.body).total, 0, JSON.stringify(found.body));
  }
  const still = await post(served, 'token_list', { body: {} });
  assert.ok(
    Object(still.body).items.some((token: { id: string }) => token.id === id),
    'it was not revoked',
  );
  const ended = await post(served, 'task_list', { headers: { ...there, 'signalbox-session': session } });
  assert.equal(ended.status, 200, JSON.stringify(ended.body));
});

it('AC33 pages for everybody and for those who are known tell of no workspace that the token is not for', async (t) => {
  const tenants = await Tenants.open(t);
  for (const visitor of visitors) {
    for (const path of ['/metrics', '/v1/service-levels'])
      assert.match(await tenants.heard(path, { headers: { ...visitor, ...own } }), /^403\n/, path);
    const pages = ['/', '/health', '/ready', '/openapi.json', '/nowhere', '/v1/nowhere'];
    for (const path of [...pages, '/metrics', '/v1/service-levels']) {
      const told = await tenants.heard(path, { headers: { ...visitor, ...own } });
      tellsNothing(told, path);
      if (path === '/health') assert.match(told, new RegExp(`"${ownName}"`));
    }
    for (const workspace of [knownName, secretName]) {
      for (const path of ['/v1/events', '/v1/changes', `/mcp?workspace=${workspace}`]) {
        const told = await tenants.heard(path, { headers: { ...visitor, 'signalbox-workspace': workspace } });
        assert.match(told, /^404\n/, path);
        tellsNothing(told.replaceAll(workspace, '?'), path);
      }
    }
  }
  const whole = await tenants.heard('/health', { headers: { authorization: 'whole' } });
  assert.match(whole, new RegExp(secretName), 'who may know of all is told of all');
  const metrics = await tenants.heard('/metrics', { headers: { authorization: 'whole' } });
  assert.match(metrics, new RegExp(`workspace="${secretName}"`));
  const words = metrics.replaceAll(secretName, '?');
  tellsNothing(words, 'a metric, beside the name of the workspace');
});

it('AC33 streams of one workspace tell nothing of what happens in another', async (t) => {
  const tenants = await Tenants.open(t);
  const { served } = tenants;
  const headers = { authorization: 'person', ...own };
  const events = await EventStream.open(t, served.url, { headers });
  const changes = await changesOf(t, served.url, headers);
  await tenants.fill();
  const { status, body } = await post(served, 'task_add', { body: { title: 'The end' }, headers });
  assert.equal(status, 200);
  const { id } = Object(body).tasks[0];
  for (let ended = false; !ended; ) {
    const told = JSON.stringify(await events.one());
    tellsNothing(told, 'an event');
    ended = told.includes('The end');
  }
  let keys = '';
  while (!keys.includes(`task:${id}`)) {
    const { value, done } = await changes.read();
    assert.ok(!done, keys);
    keys += value;
  }
  tellsNothing(keys, 'a change');
});

const changesOf = async (context: TestContext, url: string, headers: Headers) => {
  const aborting = new AbortController();
  context.after(() => aborting.abort());
  const { body } = await fetch(`${url}/v1/changes`, { headers, signal: aborting.signal });
  assert.ok(body !== null);
  return body.pipeThrough(new TextDecoderStream()).getReader();
};

it('AC33 MCP of one workspace lists, reads, completes and calls nothing of another', async (t) => {
  const tenants = await Tenants.open(t);
  const { served } = tenants;
  for (const visitor of visitors) {
    const { client } = await begin(t, `${served.url}/mcp/full?workspace=${ownName}`, visitor);
    let number = 0;
    const told = async (method: string, params: object = {}): Promise<string> => {
      number += 1;
      const { messages } = await client.post(request(number, method, params));
      const text = JSON.stringify(messages);
      tellsNothing(text, `${method} ${JSON.stringify(params)}`);
      return text;
    };
    for (const method of ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'])
      await told(method);
    for (const uri of [
      'status',
      'board',
      'agents',
      'inbox',
      'waiting',
      'locks',
      'task/T-1',
      'task/T-2',
      'lock/x',
    ])
      await told('resources/read', { uri: `signalbox://${uri}` });
    const ref = { type: 'ref/resource', uri: 'signalbox://task/{id}' };
    await told('completion/complete', { ref, argument: { name: 'id', value: 'T' } });
    for (const operation of operations)
      for (const args of tenants.inputsOf(operation, [knownName, 'T-2']))
        await told('tools/call', { name: operation.name, arguments: args });
    const called = await told('tools/call', {
      name: 'tool_call',
      arguments: { name: 'mode_get', arguments: { workspace: knownName } },
    });
    assert.match(called, /There is no workspace/);
  }
  const { body } = await post(served, 'task_list', {
    headers: { authorization: 'agent', 'signalbox-workspace': knownName },
  });
  assert.equal(errorOf(body).code, 'workspace_unknown');
});
