import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type ClientFile, clientFiles } from './client-files.ts';
import { type Connection, connecting, disconnecting } from './connection.ts';
import { withPiece, withoutPiece } from './text-change.ts';

const program = { command: '/opt/signal box/bin/signalbox', args: ['mcp'] };

const fileOf = (client: ClientFile['client']): ClientFile => {
  const files = clientFiles({ home: '/home/ada', project: '/work', env: {} });
  const file = files.find((one) => one.client === client && one.scope === 'user');
  assert(file !== undefined);
  return file;
};

const [claude, codex] = [fileOf('Claude Code'), fileOf('Codex')];

/** The text after connecting, and what is noted of it. */
const connected = (file: ClientFile, text: string): { readonly text: string; readonly known: Connection } => {
  const change = connecting(file, text, program);
  assert(change.ok, change.ok ? '' : `${change.message}\n${text}`);
  assert(change.value.kind === 'piece');
  const { piece, madeList } = change.value;
  return { text: withPiece(text, piece), known: { program, text: piece.text, madeList } };
};

const disconnected = (file: ClientFile, text: string, known?: Connection): string => {
  const change = disconnecting(file, text, { program, known });
  assert(change.ok, change.ok ? '' : change.message);
  assert(change.value.kind === 'piece');
  return withoutPiece(text, change.value.piece);
};

const refusal = (file: ClientFile, text: string, way = connecting(file, text, program)): string => {
  assert(!way.ok, text);
  return way.message;
};

const entry = { type: 'stdio', ...program };

describe('connecting Claude Code', () => {
  it('writes an entry as the file is written', () => {
    for (const [before, after] of [
      [
        '{\n  "mcpServers": {\n    "github": { "command": "npx" }\n  },\n  "x": 1\n}\n',
        '{\n  "mcpServers": {\n    "github": { "command": "npx" },\n    "signalbox": {\n      "type": "stdio",\n      "command": "/opt/signal box/bin/signalbox",\n      "args": [\n        "mcp"\n      ]\n    }\n  },\n  "x": 1\n}\n',
      ],
      [
        '{"a":[1,{"b":"}"}],"mcpServers":{}}',
        `{"a":[1,{"b":"}"}],"mcpServers":{"signalbox": ${JSON.stringify(entry)}}}`,
      ],
      ['{"a":1}', `{"a":1,"mcpServers": {"signalbox":${JSON.stringify(entry)}}}`],
      [
        '{\r\n\t"a": 1\r\n}',
        `{\r\n\t"a": 1,\r\n\t"mcpServers": ${JSON.stringify({ signalbox: entry }, null, '\t').replaceAll('\n', '\r\n\t')}\r\n}`,
      ],
      ['', `${JSON.stringify({ mcpServers: { signalbox: entry } }, null, 2)}\n`],
      [
        '{ }\n',
        `{\n  "mcpServers": ${JSON.stringify({ signalbox: entry }, null, 2).replaceAll('\n', '\n  ')}\n }\n`,
      ],
    ] as const) {
      const now = connected(claude, before);
      assert.equal(now.text, after);
      assert.equal(disconnected(claude, now.text, now.known), before);
    }
  });

  it('leaves every other byte as it is, and undoing that all of them', () => {
    const json = fc.json({ maxDepth: 3 });
    const space = fc.constantFrom('', ' ', '\n', '\n  ', '\r\n\t', '\n\n    ');
    const object = fc
      .tuple(fc.dictionary(fc.string(), json, { maxKeys: 4 }), space, space, space)
      .map(([members, gap, colon, end]) => {
        const parts = Object.entries(members).map(
          ([name, value]) => `${gap}${JSON.stringify(name)}:${colon}${value}`,
        );
        return `{${parts.join(',')}${end}}`;
      });
    const text = fc
      .tuple(object, fc.option(object), fc.nat(4), space, fc.constantFrom('', '\uFEFF'))
      .map(([outer, servers, at, gap, mark]) => {
        if (servers === null) return mark + outer + gap;
        const empty = /^\{\s*\}$/.test(outer);
        const member = `${gap}"mcpServers":${servers}`;
        if (empty) return `${mark}{${member}${gap}}`;
        return at % 2 === 0
          ? `${mark}{${member},${outer.slice(1)}`
          : `${mark}${outer.slice(0, -1)},${member}}`;
      });
    fc.assert(
      fc.property(text, (before) => {
        const now = connected(claude, before);
        assert.equal(disconnected(claude, now.text, now.known), before);
        const again = connecting(claude, now.text, program);
        assert.deepEqual(again, { ok: true, value: { kind: 'none' } });
      }),
    );
  });
});

describe('the entry in a JSON file', () => {
  it('is undone in a file that the client has written anew, with all that came in meanwhile', () => {
    for (const [before, after] of [
      ['{"a":1}', { a: 1, b: [2] }],
      ['{"mcpServers":{},"a":1}', { mcpServers: {}, a: 1, b: [2] }],
      ['{"mcpServers":{"x":{"command":"y"}}}', { mcpServers: { x: { command: 'y' } }, b: [2] }],
    ] as const) {
      const now = connected(claude, before);
      const whole: unknown = JSON.parse(now.text);
      const anew = JSON.stringify(Object.assign({}, whole, { b: [2] }), null, 4);
      assert.deepEqual(JSON.parse(disconnected(claude, anew, now.known)), after);
    }
    const between =
      '{"mcpServers":{"signalbox":{"command":"/opt/signal box/bin/signalbox","args":["mcp"],"env":{}}, "z": {}}}';
    assert.equal(disconnected(claude, between), '{"mcpServers":{"z": {}}}');
  });
});

describe('connecting Codex', () => {
  const block = '[mcp_servers.signalbox]\ncommand = "/opt/signal box/bin/signalbox"\nargs = ["mcp"]\n';

  it('adds a table at the end, and takes just that away', () => {
    for (const [before, after] of [
      ['', block],
      ['model = "x" # mine\n', `model = "x" # mine\n\n${block}`],
      ['[a]\nb=1', `[a]\nb=1\n\n${block}`],
      ['[a]\r\nb=1\r\n', `[a]\r\nb=1\r\n\r\n${block.replaceAll('\n', '\r\n')}`],
      ['[mcp_servers.github]\ncommand = "npx" \n\n', `[mcp_servers.github]\ncommand = "npx" \n\n\n${block}`],
    ] as const) {
      const now = connected(codex, before);
      assert.equal(now.text, after);
      assert.equal(disconnected(codex, now.text, now.known), before);
      const later = `${now.text}\n[later]\nx = 2024-01-01\n`;
      assert.equal(disconnected(codex, later, now.known), `${before}\n[later]\nx = 2024-01-01\n`);
      assert.deepEqual(connecting(codex, now.text, program), { ok: true, value: { kind: 'none' } });
    }
    assert.equal(disconnected(codex, `a = 1\n\n${block}`), 'a = 1\n', 'without a note as well');
  });

  it('is refused where nothing can be added below, with what to write', () => {
    assert.match(
      refusal(codex, 'mcp_servers = { github = { command = "npx" } }\n'),
      /in which none can be added below them\. Add it by hand: \{"signalbox":/,
    );
  });
});

describe('a file that is not changed', () => {
  it('is one that cannot be read, and nothing of it is said', () => {
    for (const [file, text, why] of [
      [claude, '{"token": "hunter2" x', /is not valid JSON \(line 1 column 21\)/],
      [claude, '{"token": "hunter2",', /is not valid JSON/],
      [claude, '// mine\n{}', /is not valid JSON/],
      [claude, '["hunter2"]', /it is no object/],
      [claude, '{"mcpServers": ["hunter2"]}', /its mcpServers is no list of servers/],
      [codex, 'token = "hunter2', /is not valid TOML/],
      [codex, 'mcp_servers = 3', /its mcp_servers is no list/],
    ] as const) {
      const message = refusal(file, text);
      assert(
        message.startsWith(`${file.client} (${file.path}) has a configuration that cannot be changed`),
        message,
      );
      assert.match(message, why);
      assert.doesNotMatch(message, /hunter2/);
    }
  });

  it('is one with another server of that name, or with an entry that somebody has changed', () => {
    const other =
      '{"mcpServers":{"signalbox":{"type":"http","url":"http://127.0.0.1:8321/mcp?token=hunter2"}}}';
    assert.match(refusal(claude, other), /has another server that is called signalbox/);
    const undo = (file: ClientFile, text: string, known?: Connection): string =>
      refusal(file, text, disconnecting(file, text, { program, known }));
    assert.match(undo(claude, other), /but not as it was put there/);
    const now = connected(codex, 'a = 1\n');
    for (const more of ['startup_timeout_sec = 20\n', '[mcp_servers.signalbox.env]\nX = "hunter2"\n'])
      assert.match(undo(codex, now.text + more, now.known), /Take it out by hand/);
  });
});
