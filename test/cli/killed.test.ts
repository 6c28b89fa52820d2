/*
 * A command that dies or is broken off at any step, and the same command once more: what was meant is done once, and
 * the journals are whole. The steps are those by which a command leaves a mark outside of itself.
 */
import assert from 'node:assert/strict';
import { globSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { operations } from '../../src/areas/index.ts';
import { Catalogue } from '../../src/catalogue/catalogue.ts';
import { readConfiguration } from '../../src/host/configuration/configuration.ts';
import { stderrLog } from '../../src/host/log.ts';
import { openHub } from '../../src/host/open-hub.ts';
import { verify } from '../../src/journal/journal.ts';
import { errorTable } from '../../src/kernel/errors.ts';
import { openSqliteStore } from '../../src/stores/sqlite/sqlite-store.ts';
import type { Hub } from '../../src/surfaces/hub.ts';
import { connectHub } from '../../src/surfaces/http/client.ts';
import { type Site, openSite, startHub } from '../host/processes.ts';
import { linesOf } from '../race/journal-check.ts';
import { type Cut, type Ended, runCut, runWords, stepsOf } from './cut-program.ts';
import { type Subject, type WritingCommand, writingCommands } from './writing-commands.ts';

const catalogue = new Catalogue(operations);

type Way = 'through a hub' | 'on the journal';

/** A hub to prepare boards with: the one that the commands find, or one in this process that they do not know of. */
const openBoard = async (site: Site, way: Way): Promise<Hub> => {
  if (way === 'through a hub') {
    const hub = await connectHub((await startHub(site)).url);
    assert(hub.ok);
    site.onEnd(async () => hub.value.close());
    return hub.value;
  }
  const configuration = readConfiguration({ 'data-dir': site.dataDir }, { env: {}, cwd: site.dataDir });
  assert(configuration.ok);
  const options = { catalogue, log: stderrLog('warn'), ticksFirst: false };
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
    return stepsOf(this.#site.dataDir, command.words(await this.#prepare(command)));
  }

  /** Cuts the command short, and makes it again as somebody would who has not seen the answer. */
  async cutAndRepeat(command: WritingCommand, ...cuts: readonly Cut[]): Promise<void> {
    const subject = await this.#prepare(command);
    const words = command.words(subject);
    for (const cut of cuts) {
      const shown = `${words.join(' ')}, ${cut.signal} ${cut.step}`;
      const first = await runCut(this.#site.dataDir, words, cut);
      const over = isOver(first, cut);
      assert(over !== undefined, `${shown}: ${JSON.stringify(first)}`);
      assert(this.#effects(command, subject) <= 1, `${shown}: no more than once`);
      // Who has the whole answer, and whose call is forgotten, would do it a second time on purpose.
      if (!over) continue;
      assert.equal(this.#effects(command, subject), 1, `${shown}: it was done`);
      return;
    }
    const again = await runWords(this.#site.dataDir, words);
    const shown = `${words.join(' ')} after ${JSON.stringify(cuts)}: ${again.out}${again.err}`;
    assert(again.status === 0 ? isAnswer(again.out) : isRefused(again, command), shown);
    const times = this.#effects(command, subject);
    assert(times === 1 || (times === 2 && isIdempotent(command)), `${times} times: ${shown}`);
  }

  /** Every journal is whole, and no note of a call is left behind for ever. */
  async verify(): Promise<void> {
    const { dataDir } = this.#site;
    const paths = globSync('**/*.journal', { cwd: dataDir });
    assert(paths.length >= 2);
    for (const path of paths) {
      const store = await openSqliteStore({ path: join(dataDir, path), create: 'must-exist' });
      assert(store.ok, path);
      const verified = await verify(store.value);
      await store.value.close();
      assert(verified.ok, path);
    }
    assert.deepEqual(globSync('**/*.tmp', { cwd: dataDir }), []);
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

/** Where it matters most: before the call is remembered, before it is sent or stored, after that, before it is told. */
const isTelling = (step: string, { operation, journal }: WritingCommand): boolean =>
  [
    'before open of the note',
    'after open of the note',
    `before the request ${operation}`,
    `after the request ${operation}`,
    `when ${operation} is answered`,
    `before the commit in ${journal.replace('workspaces/', '')}`,
    `after the commit in ${journal.replace('workspaces/', '')}`,
    'before the answer',
    'after the answer',
  ].includes(step);

/** A command hears Ctrl-C while it waits, which it does at these. */
const isHeard = (step: string, { operation, journal }: WritingCommand): boolean =>
  [
    `after the request ${operation}`,
    `when ${operation} is answered`,
    `after the commit in ${journal.replace('workspaces/', '')}`,
    'before the answer',
  ].includes(step);

it('every operation that writes is tried', () => {
  const writing = catalogue.operations.filter(({ kind }) => kind === 'command').map(({ name }) => name);
  assert.deepEqual(writingCommands.map(({ operation }) => operation).toSorted(), writing.toSorted());
});

for (const way of ['through a hub', 'on the journal'] as const) {
  describe(`a command ${way} that is cut short`, () => {
    it('does what was meant once when it is made again, whichever command it is', async (t) => {
      const trials = await Trials.open(t, way);
      for (const command of writingCommands) {
        const steps = await trials.steps(command);
        const cuts = steps.flatMap((step): readonly Cut[] => [
          ...(isTelling(step, command) ? [{ step, signal: 'SIGKILL' } as const] : []),
          ...(isHeard(step, command) ? [{ step, signal: 'SIGINT' } as const] : []),
        ]);
        assert(cuts.length >= 5, `${command.operation}: ${steps.join(', ')}`);
        await inPairs(cuts, (cut) => trials.cutAndRepeat(command, cut));
      }
      await trials.verify();
    });
  });
}

/** The machine of a newcomer has at least two cores. */
const inPairs = async <T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> => {
  for (let at = 0; at < items.length; at += 2) await Promise.all(items.slice(at, at + 2).map(work));
};
