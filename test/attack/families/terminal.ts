/* What others wrote, on the terminal of somebody who looks at it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { linesForPeople } from '../../../src/host/log-lines.ts';
import { type Attack, type Family, refusedBy, together } from '../harness/attack.ts';
import { type Ran, run } from '../harness/program.ts';
import type { Range } from '../harness/range.ts';

const esc = '\u001b';

/** By what a terminal would do with them. */
const escapes: readonly (readonly [string, string])[] = [
  ['clears the screen', `${esc}[2J${esc}[H`],
  ['puts text into the clipboard (OSC 52)', `${esc}]52;c;ZXZpbA==\u0007`],
  ['makes a link of other text (OSC 8)', `${esc}]8;;https://evil.example${esc}\\safe${esc}]8;;${esc}\\`],
  ['sets the title of the window (OSC 0)', `${esc}]0;evil\u0007`],
  ['has the terminal type an answer (DSR)', `${esc}[6n${esc}[c`],
  ['hides what comes (SGR 8)', `${esc}[8m`],
  ['moves up and overwrites lines', `${esc}[1A${esc}[2Kdone`],
  ['the same in one byte (C1)', '\u009b2J\u009d52;c;ZXZpbA==\u009c'],
  ['begins the line again (CR)', 'evil\rgood'],
  ['goes back over what was written (BS)', 'evil\b\b\b\bgood'],
  ['turns the direction (RLO)', 'safe\u202etxt.exe'],
  ['turns the direction (isolates)', '\u2066\u2067evil\u2069'],
  ['rings, and switches the font (SO)', '\u0007\u000e'],
  ['ends the line in Unicode', 'a\u2028b\u2029c'],
];

const obeyed = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

const harmless = ({ out, err }: Ran): void => {
  const found = obeyed.exec(out) ?? obeyed.exec(err);
  assert.equal(found, null, `${JSON.stringify(found?.[0])} in ${JSON.stringify((out + err).slice(0, 400))}`);
};

const evil = escapes.map(([, text]) => text).join(' ');
const stored = new WeakMap<Range, Promise<string>>();

/** Stands for the id of the message. */
const theMessage = 'M-<n>';

/** Everything that takes such texts at all; the id of the message that does. */
const store = (range: Range): Promise<string> => {
  const before = stored.get(range);
  if (before !== undefined) return before;
  const made = (async () => {
    const { session } = await range.must('start', { agent: 'ada' });
    await range.must('start', { agent: 'eve' });
    const headers = { 'Signalbox-Agent': 'eve' };
    const { id } = await range.must('message_send', { to: 'ada', text: `zebra ${evil}` }, { headers });
    const { session: other } = await range.must('start', { agent: 'eve' });
    const speaks = { headers: { 'Signalbox-Session': String(other) } };
    await range.must('portal_open', { with: 'ada', text: `zebra ${evil}` }, speaks);
    await range.must('inbox', {}, { headers: { 'Signalbox-Session': String(session) } });
    return String(id);
  })();
  stored.set(range, made);
  return made;
};

const shown = (args: readonly string[], says?: RegExp): Attack => ({
  name: `signalbox ${args.join(' ')}, of what others wrote`,
  run: async (range) => {
    const id = await store(range);
    // An inbox shows each message once.
    const headers = { 'Signalbox-Agent': 'eve' };
    if (args[0] === 'inbox')
      await range.must('message_send', { to: 'ada', text: `zebra ${evil}` }, { headers });
    const ran = await run(
      range,
      args.map((word) => (word === theMessage ? id : word)),
    );
    assert.equal(ran.status, 0, ran.err);
    if (says !== undefined) assert.match(ran.out, says);
    harmless(ran);
    return args.includes('--json') ? 'escaped as \\u....' : 'a ? stands for each';
  },
});

const refused = (field: string, call: (text: string) => readonly [string, unknown]): Attack => ({
  name: `${field} that a terminal would obey (${escapes.length})`,
  run: async (range) => {
    const reasons: string[] = [];
    for (const [, text] of escapes) {
      const answer = await range.call(...call(`a ${text} b`));
      refusedBy(answer, 'invalid_input', /./);
      assert.doesNotMatch(answer.text, obeyed);
      reasons.push('400 invalid_input');
    }
    return together(reasons);
  },
});

const onCommandLine = (name: string, args: (text: string) => readonly string[]): Attack => ({
  name: `an error that repeats ${name}`,
  run: async (range) => {
    const ran = await run(range, args(evil.replaceAll('\u0000', '')));
    assert.notEqual(ran.status, 0);
    harmless(ran);
    return `exit ${ran.status}, without any of it`;
  },
});

const config: Attack = {
  name: 'signalbox config, of a file with such texts',
  run: async (range) => {
    const path = join(range.folder, 'evil.yaml');
    await writeFile(
      path,
      `agent: "a${evil.replaceAll(/[\u0000-\u001f"\\]/g, (one) => `\\x${one.charCodeAt(0).toString(16).padStart(2, '0')}`)}"\n`,
    );
    const ran = await run(range, ['config', '--config', path]);
    harmless(ran);
    return `exit ${ran.status}, without any of it`;
  },
};

const logged: Attack = {
  name: 'the log of a hub on a terminal',
  run: async () => {
    const write = linesForPeople({ stacks: true, colour: false });
    for (const [, text] of escapes) {
      const err = { message: text, stack: `Error: ${text}\n    at ${text}` };
      const line = write(
        JSON.stringify({
          level: 'error',
          time: '2026-01-01T00:00:00.000Z',
          msg: text,
          err,
          path: text,
          [`k${text}`]: 1,
        }),
      );
      const found = obeyed.exec(line.replaceAll(/\n/g, ''));
      assert.equal(found, null, JSON.stringify(line));
    }
    return 'shown as \\u....';
  },
};

const doctor: Attack = {
  name: 'signalbox doctor, with a workspace and settings of an attacker',
  run: async (range) => {
    const ran = await run(range, ['doctor'], {
      env: { SIGNALBOX_AGENT: `a${esc}[2J`, SIGNALBOX_MODE: `x${esc}]0;evil\u0007` },
    });
    harmless(ran);
    return `exit ${ran.status}, without any of it`;
  },
};

export const terminal: Family = {
  name: 'terminal escapes',
  aim: 'the terminal of somebody who reads to obey who wrote.',
  control: {
    name: 'such a text is stored, and is handed to programs as it is',
    run: async (range) => {
      const id = await store(range);
      const { items } = await range.must(
        'message_search',
        { text: 'zebra' },
        { headers: { 'Signalbox-Agent': 'ada' } },
      );
      const { value } = await range.call('message_get', { id }, { headers: { 'Signalbox-Agent': 'ada' } });
      assert.match(JSON.stringify([items, value]), /\\u001b/);
      return 'it is there';
    },
  },
  attacks: [
    shown(['inbox', '--agent', 'ada'], /zebra/),
    shown(['inbox', '--agent', 'ada', '--json'], /zebra/),
    shown(['inbox', '--agent', 'ada', '--wide'], /zebra/),
    shown(['message', 'search', 'zebra', '--agent', 'ada'], /zebra/),
    shown(['message', 'search', 'zebra', '--agent', 'ada', '--json'], /zebra/),
    shown(['portal', 'read', 'P-1', '--agent', 'ada'], /zebra/),
    shown(['message', 'get', theMessage, '--agent', 'ada'], /zebra/),
    shown(['why', theMessage, '--agent', 'ada']),
    shown(['find', 'zebra', '--agent', 'ada'], /./),
    shown(['audit', 'query']),
    shown(['status']),
    refused('a title of a task', (text) => ['task_add', { title: text }]),
    refused('a body of a task', (text) => ['task_add', { title: 'x', body: text }]),
    refused('a name of an agent', (text) => ['start', { agent: text }]),
    refused('a model and a branch of an agent', (text) => [
      'start',
      { agent: 'x', model: text, branch: text },
    ]),
    refused('metadata of an agent', (text) => ['start', { agent: 'x', metadata: { key: text } }]),
    refused('the name of a workspace', (text) => ['workspace_add', { name: text }]),
    refused('a title of a workspace', (text) => ['workspace_add', { name: 'x', title: text }]),
    refused('a subject of a message', (text) => ['message_send', { to: 'ada', text: 'x', subject: text }]),
    refused('the purpose of a lock', (text) => ['lock_acquire', { name: 'x', purpose: text }]),
    refused('the label of a token', (text) => ['token_create', { label: text }]),
    refused('a note on a principal', (text) => [
      'principal_add',
      { name: 'x', kind: 'agent', role: 'reader', note: text },
    ]),
    onCommandLine('the name of a command', (text) => [text]),
    onCommandLine('a flag', (text) => ['task', 'list', `--${text}`]),
    onCommandLine('an id', (text) => ['task', 'get', text]),
    onCommandLine('JSON', (text) => ['task', 'add', '--input', `{"title":${text}}`]),
    onCommandLine('the path of a file', (text) => ['task', 'add', '--input', `@${text}`]),
    onCommandLine('an address', (text) => ['task', 'list', '--url', `http://${text}`]),
    config,
    doctor,
    logged,
  ],
};
