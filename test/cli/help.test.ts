import assert from 'node:assert/strict';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { describe, it } from 'node:test';
import { commandNamed } from '../../src/host/command-line.ts';
import {
  callFlags,
  callKeys,
  commonKeys,
  everywhere,
  inputFlag,
  keyFlags,
} from '../../src/host/commands/flags.ts';
import { sheetsOf, writeHelp } from '../../src/host/commands/help.ts';
import { commands } from '../../src/host/commands/index.ts';
import { operationCommand } from '../../src/host/commands/operation.ts';
import { wholeCatalogue } from '../../src/host/whole-catalogue.ts';
import { commandOf } from '../../src/surfaces/cli/command-name.ts';
import { readFlags } from '../../src/surfaces/cli/flags.ts';
import { flagText, screen, sheetText } from '../../src/surfaces/cli/help.ts';
import { inputOf } from '../../src/surfaces/cli/input.ts';
import { exampleLine } from '../../src/surfaces/cli/sheet.ts';
import { openPlace } from './program.ts';

const catalogue = wholeCatalogue();

const helpOf = async (...words: string[]): Promise<string> => {
  const out = new PassThrough();
  const written = text(out);
  const done = await writeHelp(words, { out, json: false });
  assert(done.ok, done.ok ? '' : done.message);
  out.end();
  return written;
};

/** Each on one line. */
const examplesOf = (help: string): readonly string[] =>
  (help.split(/\nExamples?:\n/)[1] ?? '')
    .trimEnd()
    .replaceAll(/ \\\n +/g, ' ')
    .split('\n');

const fits = (help: string): void => {
  const lines = help.trimEnd().split('\n');
  // The line on which the shell waits for the next command is on the screen as well.
  assert(lines.length < screen.lines, `${lines.length} lines:\n${help}`);
  for (const line of lines) assert(line.length <= screen.columns, `${line.length} columns: ${line}`);
};

describe('help', () => {
  it('fits a small terminal, for every command and every family, and has an example', async () => {
    fits(await helpOf());
    for (const { name } of sheetsOf(catalogue)) {
      const help = await helpOf(...name.split(' '));
      fits(help);
      assert.match(
        help,
        new RegExp(`\\nExamples?:\\n  (?:.*/|.*\\(|.* && )?signalbox ${name.split(' ')[0] ?? ''}`),
        name,
      );
      fits(await helpOf(name.split(' ')[0] ?? ''));
    }
  });

  it('names every command, and every flag of each', async () => {
    const overview = await helpOf();
    for (const sheet of sheetsOf(catalogue)) {
      for (const word of sheet.name.split(' ')) assert(overview.includes(word), sheet.name);
      const help = sheetText(sheet);
      for (const { name } of [...sheet.flags, ...sheet.rare, ...sheet.common]) {
        assert(new RegExp(`--(?:\\[no-\\])?${name}\\b`).test(help), `${sheet.name} --${name}`);
      }
      for (const flag of sheet.flags.filter(({ meaning }) => meaning !== ''))
        assert(
          !help.includes(`${flagText(flag)}${flag.meaning.slice(0, 2)}`),
          `${sheet.name}: there is a gap`,
        );
    }
  });
});

describe('a page of help', () => {
  it('says what each flag is for, and what every call takes on a screen of its own', async () => {
    for (const sheet of sheetsOf(catalogue)) {
      for (const { name, meaning } of [...sheet.flags, ...sheet.rare, ...sheet.common])
        assert(meaning !== '', `${sheet.name} --${name}`);
    }
    const help = await helpOf('flags');
    fits(help);
    const shared = [...everywhere, ...callFlags, inputFlag, ...keyFlags([...callKeys, ...commonKeys])];
    for (const flag of shared) assert(help.includes(`${flagText(flag)} `), flag.name);
    assert.match(await helpOf('task', 'list'), /\nAs every call \(see signalbox help flags\): --json/);
  });

  it('says on its first screen what calls of one word do, and how one is an agent', async () => {
    const overview = await helpOf();
    for (const { name, summary } of sheetsOf(catalogue).filter((sheet) => sheet.isCall))
      if (!name.includes(' ')) assert.match(overview, new RegExp(`\n  ${name} +${summary}\n`));
    assert.match(overview, /--agent NAME, or set SIGNALBOX_AGENT/);
  });

  it('has examples that need an agent with one, and no way to empty the lists of what is new', async () => {
    for (const words of [['wait'], ['inbox'], ['task', 'claim'], ['lock', 'acquire']])
      for (const line of examplesOf(await helpOf(...words))) assert.match(line, / --agent ada$/);
    for (const words of [['status'], ['task', 'add'], ['lock', 'list']])
      for (const line of examplesOf(await helpOf(...words))) assert.doesNotMatch(line, /--agent/);
    const add = sheetsOf(catalogue).find(({ name }) => name === 'task add');
    assert.deepEqual(
      add?.flags.concat(add.rare).filter(({ no }) => no === true),
      [],
    );
    assert.match(await helpOf('task', 'update'), /--\[no-\]depends-on ID/);
    assert.match(await helpOf('message', 'send'), /--reply-to ID /);
  });

  it('is the same by each way to ask for it', async (t) => {
    const place = await openPlace(t);
    const { out } = await place.run(['help', 'task', 'add']);
    assert.equal(out, await helpOf('task', 'add'));
    for (const args of [
      ['task', 'add', '--help'],
      ['task', 'add', '-h'],
      ['--help', 'task', 'add', 'x'],
    ]) {
      assert.deepEqual(await place.run(args), { status: 0, signal: null, out, err: '' });
    }
    assert.equal((await place.run(['--help'])).out, await helpOf());
    const version = await place.run(['--version']);
    assert.match(version.out, /^\d+\.\d+\.\d+\n$/);
    assert.deepEqual(await place.run(['version']), version);
    assert.equal((await place.run(['help', 'task', 'ad'])).status, 2);
  });
});

describe('every operation', () => {
  it('is a command of its own, and no other command stands in its way', async () => {
    for (const { name } of catalogue.operations) {
      const [first = '', second] = commandOf(name).split(' ');
      const named = commandNamed(first, second);
      assert(named.ok && named.value.kind === 'operation', name);
      assert.equal(named.value.operation.name, name);
    }
    for (const { name } of commands) {
      const [first = '', second] = name.split(' ');
      const named = commandNamed(first, second);
      assert(named.ok && named.value.kind === 'command' && named.value.command.name === name);
    }
  });

  it('has no member that is another flag, but for those that mean the same', () => {
    const flags = [...everywhere, ...callFlags, inputFlag].map(({ name }) => name);
    const taken = new Set<string>([...flags, ...callKeys, ...commonKeys, 'version']);
    const same = new Set(['agent', 'workspace', 'session']);
    for (const operation of catalogue.operations) {
      for (const { flag } of operationCommand(catalogue, operation).fields) {
        assert(!taken.has(flag) || same.has(flag), `${operation.name} --${flag}`);
      }
      const { positional } = operation;
      assert(positional === undefined || catalogue.accepts(operation, positional));
    }
  });

  it('has examples that mean, as they are typed, what they say', async () => {
    for (const operation of catalogue.operations) {
      const command = operationCommand(catalogue, operation);
      for (const { input } of operation.examples) {
        const [, ...words] = shellWords(exampleLine(operation, command.fields, input));
        const line = readFlags(words.slice(command.name.split(' ').length), {
          known: command.flags,
          command: command.name,
        });
        assert(line.ok, line.ok ? '' : line.message);
        const typed = { operation, fields: command.fields, command: command.name, stdin: Readable.from([]) };
        const meant = await inputOf({ ...typed, line: line.value });
        // One status says the same as a list of one.
        const said = Object.entries(input).map(([member, value]) => [
          member,
          member === 'status' && operation.name === 'task_list' ? [value].flat() : value,
        ]);
        assert.deepEqual(meant, { ok: true, value: Object.fromEntries(said) });
      }
    }
  });
});

/** What a shell makes of a line: words, some of them between apostrophes. */
const shellWords = (line: string): readonly string[] =>
  [...line.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replaceAll(
      /'([^']*)'|\\(.)/g,
      (_, quoted: string | undefined, escaped: string | undefined) => quoted ?? escaped ?? '',
    ),
  );
