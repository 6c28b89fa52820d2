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

  /** Cuts the command short, and makes it again as somebody would who has not seen the answer. */
  async cutAndRepeat(command: WritingCommand, ...cuts: readonly Cut[]): Promise<void> {
    const subject = await this.#prepare(command);
    const words = command.words(subject);
    for (const cut of cuts) {
      const shown = `${words.join(' ')}, ${cut.signal} ${cut.step}`;
      const first = await runCut(this.#where(command), words, cut);
      const over = isOver(first, cut);
      assert(over !== undefined, `${shown}: ${JSON.stringify(first)}`);
      assert(this.#effects(command, subject) <= 1, `${shown}: no more than once`);
      // Who has the whole answer, and whose call is forgotten, would do it a second time on purpose.
      if (!over) continue;
      assert.equal(this.#effects(command, subject), 1, `${shown}: it was done`);
      return;
    }
    const again = await runWords(this.#where(command), words);
    const shown = `${words.join(' ')} after ${JSON.stringify(cuts)}: ${again.out}${again.err}`;
    assert(again.status === 0 ? isAnswer(again.out) : isRefused(again, command), shown);
    const times = this.#effects(command, subject);
    assert(times === 1 || (times === 2 && isIdempotent(command)), `${times} times: ${shown}`);
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

const isRefused = ({ status, out }: Ended, { refusal }: WritingCommand): boolean =>
  refusal !== undefined &&
  status === errorTable[refusal].exit &&
  z.object({ error: z.object({ code: z.literal(refusal) }) }).safeParse(JSON.parse(out)).success;

const isAnswer = (out: string): boolean => {
  if (!out.endsWith('\n')) return false;
  JSON.parse(out);
  return true;
};

/**
 * Whether a command that was cut short has answered and forgotten its call all the same; undefined when it did not end
 * as it should.
 */
const isOver = ({ status, signal, out, err }: Ended, cut: Cut): boolean | undefined => {
  if (cut.signal === 'SIGKILL') {
    if (signal !== 'SIGKILL') return undefined;
    return cut.step === 'after rm of the note' ? isAnswer(out) : false;
  }
  if (signal === 'SIGINT') return cut.step === 'after rm of the note' && isAnswer(out);
  if (status === 130) return err.includes('signalbox: Interrupted') ? false : undefined;
  return status === 0 && isAnswer(out) ? true : undefined;
};

/** Once it is done, and nobody has heard of it. */
const doneIn = ({ operation, journal }: WritingCommand, way: Way): string =>
  way === 'through a hub' ? `when ${operation} is answered` : `after the commit in ${basename(journal)}`;

/** Where it matters most: when the call is remembered and nothing was done, and when it was done. */
const tellingCuts = (command: WritingCommand, way: Way): readonly Cut[] => [
  ...(isIdempotent(command) ? [] : [{ step: 'after open of the note', signal: 'SIGKILL' } as const]),
  { step: doneIn(command, way), signal: 'SIGKILL' },
  { step: doneIn(command, way), signal: 'SIGINT' },
];

/** Two at a time, which is what the machine of a newcomer has cores for. */
const inPairs = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  for (let at = 0; at < items.length; at += 2) await Promise.all(items.slice(at, at + 2).map(work));
};

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
      const cuts = writingCommands.flatMap((command) =>
        tellingCuts(command, way).map((cut) => ({ command, cut })),
      );
      const { alone = [], others = [] } = Object.groupBy(cuts, ({ command }) =>
        command.alone === true ? 'alone' : 'others',
      );
      await inPairs(others, ({ command, cut }) => trials.cutAndRepeat(command, cut));
      for (const { command, cut } of alone) await trials.cutAndRepeat(command, cut);
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
      await inPairs(cuts, (cut) => trials.cutAndRepeat(command, cut));
      await trials.verify();
    });

    it('does it once though its repeat is killed as well', async (t) => {
      const trials = await Trials.open(t, way);
      const command = commandOf('task_add');
      const done: Cut = { step: doneIn(command, way), signal: 'SIGKILL' };
      const seconds = ['before rename of the note', 'after rename of the note', 'before the answer'];
      for (const step of seconds) await trials.cutAndRepeat(command, done, { step, signal: 'SIGKILL' });
      await trials.verify();
    });
  });
}

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
    await inPairs(
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
