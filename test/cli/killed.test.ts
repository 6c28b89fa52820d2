/*
 * A command that dies or is broken off at any step, and the same command once more: what was meant is done once, and
 * the journals are whole. The steps are those by which a command leaves a mark outside of itself.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/operations.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { readConfiguration } from '../../src/host/configuration/configuration.ts';
import { stderrLog } from '../../src/host/log.ts';
import { openHub, ownerPrincipal } from '../../src/host/open-hub.ts';
import { verify } from '../../src/journal/journal.ts';
import { errorTable } from '../../src/kernel/errors.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import { readHubFile } from '../../src/host/hub-file.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { type Site, openSite, startHub } from '../host/processes.ts';
import { inLanes } from '../lanes.ts';
import { claimsOf, linesOf } from '../race/journal-check.ts';
import { type Cut, type Ended, type Where, runCut, runWords, stepsOf } from './cut-program.ts';
import { type Subject, type WritingCommand, writingCommands } from './writing-commands.ts';

const catalogue = new Catalogue(operations);

type Way = 'through a hub' | 'on the journal';

/** A hub to prepare boards with: the one that the commands find, or one in this process that they do not know of. */
const openBoard = async (site: Site, way: Way): Promise<Hub> => {
  if (way === 'through a hub') {
    const { url } = await startHub(site);
    // It may come to ask who calls.
    const token = (await readHubFile(site.dataDir))?.token;
    const hub = await connectHub(url, { token });
    assert(hub.ok);
    site.onEnd(async () => hub.value.close());
    return hub.value;
  }
  const flags = { 'data-dir': site.dataDir, workspace: 'main', 'insecure-no-auth': true };
  const configuration = await readConfiguration(flags, { env: {}, cwd: site.dataDir });
  assert(configuration.ok);
  const options = { catalogue, log: stderrLog({ logLevel: 'warn', debug: false }), ticksFirst: false };
  const opened = await openHub(configuration.value.settings, options);
  assert(opened.ok);
  site.onEnd(() => opened.value.hub.close());
  return opened.value.hub;
};

/** A board, and runs on it that have nothing in common but the board. */
class Trials {
  readonly #site: Site;
  readonly #board: Hub;
  #count = 0;

  private constructor(site: Site, board: Hub) {
    this.#site = site;
    this.#board = board;
  }

  static async open(context: TestContext, way: Way): Promise<Trials> {
    const site = await openSite(context);
    return new Trials(site, await openBoard(site, way));
  }

  async steps(command: WritingCommand): Promise<readonly string[]> {
    return stepsOf(this.#where(command), command.words(await this.#prepare(command)));
  }

  /** Cuts the command and its repeats short, and makes it again as somebody would who has not seen the answer. */
  async cutAndRepeat(command: WritingCommand, ...cuts: readonly TellingCut[]): Promise<void> {
    const subject = await this.#prepare(command);
    const words = command.words(subject);
    let times = 0;
    for (const cut of cuts) {
      const shown = `${words.join(' ')}, ${cut.signal} ${cut.step}`;
      const first = await runCut(this.#where(command), words, cut);
      const over = isOver(first, cut, command);
      assert(over !== undefined, `${shown}: ${JSON.stringify(first)}`);
      const before = times;
      times = this.#effects(command, subject);
      assert(isOnce(before, times, command), `${before}, then ${times} times: ${shown}`);
      if (cut.done !== undefined) assert.equal(times > 0, cut.done, `${times} times: ${shown}`);
      // Who has the whole answer, and whose call is forgotten, would do it a second time on purpose.
      if (!over) continue;
      assert(times > 0, `${shown}: it was done`);
      return;
    }
    const again = await runWords(this.#where(command), words);
    const shown = `${words.join(' ')} after ${JSON.stringify(cuts)}: ${again.out}${again.err}`;
    assert(again.status === 0 ? isAnswer(again.out) : isRefused(again, command), shown);
    const at = this.#effects(command, subject);
    assert(at > 0 && isOnce(times, at, command), `${times}, then ${at} times: ${shown}`);
  }

  verify(): Promise<void> {
    return verifyJournals(this.#site.dataDir);
  }

  /** At a terminal where it is confirmed there. */
  #where({ operation }: WritingCommand): Where {
    const found = catalogue.find(operation);
    const asPerson = found.ok && (found.value.person === true || found.value.personAtTimes === true);
    return { dataDir: this.#site.dataDir, asPerson };
  }

  #prepare(command: WritingCommand): Promise<Subject> {
    this.#count += 1;
    const word = `word-${this.#count}`;
    return command.prepare(this.#board, { agent: `agent-${this.#count}`, word, task: '' });
  }

  #effects({ journal, effect }: WritingCommand, subject: Subject): number {
    return linesOf(join(this.#site.dataDir, journal)).filter((line) => effect(line, subject)).length;
  }
}

/** Every journal is whole. */
const verifyJournals = async (dataDir: string): Promise<void> => {
  const paths = globSync('**/*.journal', { cwd: dataDir });
  assert(paths.length >= 2);
  for (const path of paths) {
    const store = await openSqliteStore({ path: join(dataDir, path), create: 'must-exist' });
    assert(store.ok, path);
    const verified = await verify(store.value);
    await store.value.close();
    assert(verified.ok, path);
  }
};

/** Whether it may be done a second time, because that changes nothing. */
const isIdempotent = ({ operation }: WritingCommand): boolean => {
  const found = catalogue.find(operation);
  return found.ok && found.value.idempotent;
};

/** Whether one more run has done it no more often than it may. */
const isOnce = (before: number, times: number, command: WritingCommand): boolean =>
  times <= Math.max(before, 1) || (isIdempotent(command) && times === before + 1);

const isRefused = (ended: Ended, command: WritingCommand): boolean =>
  command.refusal !== undefined &&
  ended.status === errorTable[command.refusal].exit &&
  codeIn(ended.out) === command.refusal;

const refused = z.object({ error: z.object({ code: z.string() }) });

/** With what an answer refuses; undefined when it does not. */
const codeIn = (out: string): string | undefined => refused.safeParse(JSON.parse(out)).data?.error.code;

const isAnswer = (out: string): boolean => {
  if (!out.endsWith('\n')) return false;
  JSON.parse(out);
  return true;
};

/**
 * Whether a command that was cut short has answered and forgotten its call all the same; undefined when it did not end
 * as it should.
 */
const isOver = (ended: Ended, cut: Cut, command: WritingCommand): boolean | undefined => {
  const { status, signal, out, err } = ended;
  if (cut.signal === 'SIGKILL') {
    if (signal !== 'SIGKILL') return undefined;
    if (cut.step === answered && !isWhole(out, command)) return undefined;
    return cut.step === 'after rm of the note' ? isAnswer(out) : false;
  }
  if (signal === 'SIGINT') return cut.step === 'after rm of the note' && isAnswer(out);
  if (status === 130) return err.includes('signalbox: Interrupted') ? false : undefined;
  return (status === 0 && isAnswer(out)) || isRefused(ended, command) ? true : undefined;
};

/** It tells of what was done, or that nothing is left to be done. */
const isWhole = (out: string, { refusal }: WritingCommand): boolean =>
  isAnswer(out) && (codeIn(out) ?? refusal) === refusal;

const answered = 'after the answer';

/** The last before the call: it is remembered, and nothing was done. */
const undoneIn = ({ operation, journal }: WritingCommand, way: Way): string =>
  way === 'through a hub' ? `before the request ${operation}` : `before the commit in ${basename(journal)}`;

/** Once it is done, and nobody has heard of it. */
const doneIn = ({ operation, journal }: WritingCommand, way: Way): string =>
  way === 'through a hub' ? `when ${operation} is answered` : `after the commit in ${basename(journal)}`;

interface TellingCut extends Cut {
  /** Whether it is done by then. */
  readonly done?: boolean;
}

/**
 * Where it matters most, one after the other: before anything was done, when it was done and nobody has heard of it,
 * and when its repeat has found that out. A repeat on the journal has nothing to commit, but an answer to give.
 */
const tellingCuts = (command: WritingCommand, way: Way): readonly TellingCut[] => [
  { step: undoneIn(command, way), signal: 'SIGKILL', done: false },
  { step: doneIn(command, way), signal: 'SIGKILL', done: true },
  way === 'through a hub'
    ? { step: doneIn(command, way), signal: 'SIGINT', done: true }
    : { step: answered, signal: 'SIGKILL', done: true },
];

/**
 * One for each way in which a command on the journal differs from others for who breaks it off: it is idempotent, of
 * the hub, confirmed by a person, called by name, or could wait. `task_add`, which is none of these, is broken off
 * everywhere.
 */
const brokenOffOnJournal = [
  'agent_update',
  'workspace_add',
  'token_create',
  'mode_set',
  'task_claim',
  'lock_acquire',
];

const ada: Caller = {
  principal: ownerPrincipal,
  role: 'admin',
  kind: 'person',
  agent: undefined,
  session: undefined,
  connection: 'cli:ada',
  client: 'cli',
};

const commandOf = (operation: string): WritingCommand => {
  const command = writingCommands.find((candidate) => candidate.operation === operation);
  assert(command !== undefined);
  return command;
};

it('every operation that writes is tried', () => {
  const writing = catalogue.operations.filter(({ kind }) => kind === 'command').map(({ name }) => name);
  assert.deepEqual(writingCommands.map(({ operation }) => operation).toSorted(), writing.toSorted());
});

for (const way of ['through a hub', 'on the journal'] as const) {
  describe(`a command ${way} that is cut short`, () => {
    it('does what was meant once when it is made again, whichever command it is', async (t) => {
      const trials = await Trials.open(t, way);
      const { alone = [], others = [] } = Object.groupBy(writingCommands, (command) =>
        command.alone === true ? 'alone' : 'others',
      );
      await inLanes(others, (command) => trials.cutAndRepeat(command, ...tellingCuts(command, way)));
      for (const command of alone) await trials.cutAndRepeat(command, ...tellingCuts(command, way));
      await trials.verify();
    });

    it('does it once wherever it is killed or broken off', async (t) => {
      const trials = await Trials.open(t, way);
      const command = commandOf('task_add');
      const steps = await trials.steps(command);
      for (const expected of ['before open of the note', doneIn(command, way), 'after rm of the note'])
        assert(steps.includes(expected), `${expected} is among ${steps.join(', ')}`);
      const cuts = steps.flatMap((step): readonly Cut[] => [
        { step, signal: 'SIGKILL' },
        { step, signal: 'SIGINT' },
      ]);
      await inLanes(cuts, (cut) => trials.cutAndRepeat(command, cut));
      await trials.verify();
    });

    it('does it once though its repeat is killed as well', async (t) => {
      const trials = await Trials.open(t, way);
      const command = commandOf('task_add');
      const done: Cut = { step: doneIn(command, way), signal: 'SIGKILL' };
      const seconds = ['before rename of the note', 'after rename of the note', 'before the answer'];
      await inLanes(seconds, (step) => trials.cutAndRepeat(command, done, { step, signal: 'SIGKILL' }));
      await trials.verify();
    });
  });
}

describe('a command on the journal that is broken off once it is done', () => {
  it('is not done again by its repeat', async (t) => {
    const trials = await Trials.open(t, 'on the journal');
    await inLanes(brokenOffOnJournal.map(commandOf), (command) =>
      trials.cutAndRepeat(command, { step: doneIn(command, 'on the journal'), signal: 'SIGINT', done: true }),
    );
    await trials.verify();
  });
});

describe('a claim that waits at the hub until there is something', () => {
  for (const signal of ['SIGKILL', 'SIGINT'] as const) {
    it(`is made once when it is ended by ${signal} and made again`, async (t) => {
      const site = await openSite(t);
      const hub = await openBoard(site, 'through a hub');
      const call = (operation: string, input: object) =>
        hub.call({
          operation,
          input,
          caller: ada,
          workspace: 'main',
          requestId: undefined,
          signal: undefined,
        });
      assert((await call('start', { agent: 'ada' })).ok);
      const words = ['task', 'claim', '--wait-ms', '50000', '--agent', 'ada'];
      const first = await runCut(site, words, { step: 'after the request task_claim', signal });
      assert(signal === 'SIGKILL' ? first.signal === signal : first.status === 130, JSON.stringify(first));
      for (const title of ['One', 'Two']) assert((await call('task_add', { title })).ok);
      const again = await runWords(site, words);
      assert.equal(again.status, 0, again.out);
      assert.equal(claimsOf(linesOf(join(site.dataDir, 'workspaces/main.journal'))).length, 1);
    });
  }
});

describe('the very first command', () => {
  it('does what was meant once wherever it is killed, though there was no journal before', async (t) => {
    const command = commandOf('task_add');
    const subject: Subject = { agent: '', word: 'The first of all', task: '' };
    const words = command.words(subject);
    const steps = await stepsOf(await openSite(t), words);
    assert(steps.includes('after the commit in hub.journal'), steps.join(', '));
    await inLanes(
      steps.filter((step) => step.includes('commit')),
      async (step) => {
        const { dataDir } = await openSite(t);
        assert.equal((await runCut({ dataDir }, words, { step, signal: 'SIGKILL' })).signal, 'SIGKILL', step);
        const again = await runWords({ dataDir }, words);
        assert.equal(again.status, 0, `${step}: ${again.out}`);
        const lines = linesOf(join(dataDir, command.journal));
        assert.equal(lines.filter((line) => command.effect(line, subject)).length, 1, step);
        await verifyJournals(dataDir);
      },
    );
  });
});
