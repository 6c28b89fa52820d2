import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { type Outcome, ok, refuse } from '../../src/kernel/errors.ts';
import { type Hub, everything } from '../../src/surfaces/hub.ts';
import { Updates } from '../../src/surfaces/mcp/resources/followers.ts';
import { Throttle } from '../../src/surfaces/mcp/resources/throttle.ts';
import type { Sink } from '../../src/surfaces/mcp/resources/updates.ts';
import { isFollowable, namedBy, taskUris } from '../../src/surfaces/mcp/resources/uris.ts';
import { ManualClock } from '../../src/testing/manual-clock.ts';

const [status, board, agents] = ['signalbox://status', 'signalbox://board', 'signalbox://agents'] as const;
const [inbox, waiting] = ['signalbox://inbox', 'signalbox://waiting'] as const;
const locks = 'signalbox://locks';
const lock = (name: string): string => `signalbox://lock/${encodeURIComponent(name)}`;
const task = (id: string): string => `signalbox://task/${id}`;

/** A hub that tells what a test says has changed, and knows who listens. */
class ToldHub implements Pick<Hub, 'changes'> {
  readonly listeners = new Map<(keys: ReadonlySet<string>) => void, string | undefined>();
  answer: Outcome<true> = ok(true);

  readonly changes: Hub['changes'] = (workspace, listener) => {
    if (!this.answer.ok) return Promise.resolve(this.answer);
    this.listeners.set(listener, workspace);
    return Promise.resolve(ok(() => void this.listeners.delete(listener)));
  };

  tell(...keys: readonly string[]): void {
    for (const listener of this.listeners.keys()) listener(new Set(keys));
  }
}

class Told implements Sink {
  #heard: string[] = [];

  readonly resourceUpdated = (uri: string): void => void this.#heard.push(uri);
  readonly toolsChanged = (): void => void this.#heard.push('tools');

  /** What it has been told since this was last asked. */
  take(): readonly string[] {
    const heard = this.#heard;
    this.#heard = [];
    return heard;
  }
}

const watched = () => {
  const [hub, clock, told] = [new ToldHub(), new ManualClock(), new Told()];
  return { hub, clock, told, updates: new Updates(hub, clock) };
};

const all = {
  uris: [
    status,
    board,
    agents,
    task('T-1'),
    task('shop%2Fx'),
    inbox,
    waiting,
    locks,
    lock('wave:5c'),
    lock('file:src/**'),
  ],
  tools: true,
};

describe('what is told of changes', () => {
  const told: readonly [keys: readonly string[], uris: readonly string[]][] = [
    [['task:T-1'], [status, task('T-1'), board]],
    [
      ['task:T-1', 'tasks.ready', 'agent:ada'],
      [status, task('T-1'), board, inbox, waiting],
    ],
    [['task:shop/x'], [status, task('shop%2Fx'), board]],
    [['task:T-2'], [status, board]],
    [
      ['agents', 'agent:ada'],
      [status, agents, inbox, waiting],
    ],
    [['agent:ada'], [status, inbox, waiting]],
    [['mailboxes'], [status, inbox, waiting]],
    [['locks'], [status, locks, lock('wave:5c'), lock('file:src/**')]],
    [
      ['locks', 'agent:ada'],
      [status, inbox, waiting, locks, lock('wave:5c'), lock('file:src/**')],
    ],
    [['workspaces'], [status]],
    [
      ['workspaces', 'workspaces.modes'],
      [status, 'tools'],
    ],
    [[everything], [...all.uris, 'tools']],
  ];
  for (const [keys, uris] of told) {
    it(`${keys.join(', ')}: ${uris.length} resources`, async () => {
      const { hub, told, updates } = watched();
      assert((await updates.follow('main', all, told).ready).ok);
      hub.tell(...keys);
      assert.deepEqual(told.take(), uris);
    });
  }

  it('is nothing that nobody asked for', async () => {
    const { hub, told, updates } = watched();
    assert((await updates.follow('main', { uris: [task('T-2')], tools: false }, told).ready).ok);
    hub.tell('task:T-1', 'agents', 'workspaces.modes');
    assert.deepEqual(told.take(), []);
    hub.tell(everything);
    assert.deepEqual(told.take(), [task('T-2')]);
  });
});

describe('how often it is told', () => {
  it('is at once, and at most once a second, the last change always', async () => {
    const { hub, clock, told, updates } = watched();
    assert((await updates.follow('main', { uris: [board, task('T-1')], tools: true }, told).ready).ok);
    hub.tell('task:T-1');
    assert.deepEqual(told.take(), [task('T-1'), board]);
    for (let i = 0; i < 9; i += 1) {
      clock.advance(100);
      hub.tell('task:T-2');
    }
    assert.deepEqual(told.take(), []);
    clock.advance(99);
    assert.deepEqual(told.take(), []);
    clock.advance(1);
    assert.deepEqual(told.take(), [board]);
    clock.advance(999);
    hub.tell('task:T-1');
    assert.deepEqual(told.take(), [task('T-1')]);
    clock.advance(1);
    assert.deepEqual(told.take(), [board]);
    clock.advance(60_000);
    assert.deepEqual(told.take(), []);
    hub.tell('workspaces.modes');
    hub.tell('workspaces.modes');
    assert.deepEqual(told.take(), ['tools']);
    clock.advance(1_000);
    assert.deepEqual(told.take(), ['tools']);
  });

  it('is never again for those who left while it was held back', async () => {
    const { hub, clock, told, updates } = watched();
    const [one, two] = [new Told(), new Told()];
    const following = updates.follow('main', { uris: [board], tools: false }, one);
    updates.follow('main', { uris: [board], tools: false }, two);
    assert((await following.ready).ok);
    hub.tell('task:T-1');
    hub.tell('task:T-1');
    following.end();
    following.end();
    clock.advance(1_000);
    assert.deepEqual([one.take(), two.take(), told.take()], [[board], [board, board], []]);
  });
});

describe('those who follow', () => {
  it('share one watch of a workspace, which ends with the last of them', async () => {
    const { hub, clock, updates } = watched();
    const sinks = Array.from({ length: 1_000 }, () => new Told());
    const followings = sinks.map((sink, i) =>
      updates.follow(i < 999 ? 'main' : 'shop', { uris: [board], tools: i % 2 === 0 }, sink),
    );
    for (const { ready } of followings) assert((await ready).ok);
    assert.deepEqual([...hub.listeners.values()], ['main', 'shop']);
    hub.tell('task:T-1', 'workspaces.modes');
    assert.deepEqual([sinks[0]?.take(), sinks[1]?.take()], [[board, 'tools'], [board]]);
    hub.tell('task:T-1');
    for (const { end } of followings) end();
    await Promise.resolve();
    assert.deepEqual([hub.listeners.size, updates.size], [0, 0]);
    clock.advance(10_000);
    assert.deepEqual(sinks[1]?.take(), []);
  });

  it('are told once of what they follow twice', async () => {
    const { hub, clock, told, updates } = watched();
    const wanted = { uris: [board], tools: true };
    const [one, two] = [updates.follow('main', wanted, told), updates.follow('main', wanted, told)];
    assert((await two.ready).ok);
    hub.tell('task:T-1', 'workspaces.modes');
    assert.deepEqual(told.take(), [board, 'tools']);
    one.end();
    clock.advance(1_000);
    hub.tell('task:T-1', 'workspaces.modes');
    assert.deepEqual(told.take(), [board, 'tools']);
    two.end();
    await Promise.resolve();
    assert.equal(hub.listeners.size, 0);
  });

  it('may leave before it has begun', async () => {
    const { hub, updates, told } = watched();
    const { ready, end } = updates.follow('main', all, told);
    end();
    assert((await ready).ok);
    await Promise.resolve();
    assert.deepEqual([hub.listeners.size, updates.size], [0, 0]);
  });

  it('hear why they cannot, and may try again', async () => {
    const { hub, updates, told } = watched();
    hub.answer = refuse('workspace_unknown', 'There is no workspace "x".');
    const refused = [updates.follow('x', all, told), updates.follow('x', all, new Told())];
    for (const { ready } of refused) assert.equal((await ready).ok, false);
    assert.equal(updates.size, 0);
    hub.answer = ok(true);
    assert((await updates.follow('x', all, told).ready).ok);
    hub.tell('agents');
    assert.deepEqual(told.take(), [status, agents]);
  });
});

describe('the throttle', () => {
  it('tells every key of its last touch, never twice in its time, and forgets what rests', () => {
    const steps = fc.array(
      fc.oneof(
        fc.record({ key: fc.constantFrom('a', 'b', 'c') }),
        fc.record({ passMs: fc.integer({ min: 1, max: 1_500 }) }),
      ),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(steps, (taken) => {
        const clock = new ManualClock();
        const toldAt = new Map<string, number[]>();
        const touchedAt = new Map<string, number>();
        const throttle = new Throttle(clock, 1_000, (key) => {
          toldAt.set(key, [...(toldAt.get(key) ?? []), clock.monotonic()]);
        });
        for (const step of taken) {
          if ('key' in step) {
            touchedAt.set(step.key, clock.monotonic());
            throttle.touch(step.key);
          } else clock.advance(step.passMs);
        }
        clock.advance(3_000);
        assert.equal(throttle.size, 0);
        for (const [key, times] of toldAt) {
          assert((times.at(-1) ?? 0) >= (touchedAt.get(key) ?? 0));
          for (const [i, at] of times.entries()) assert(i === 0 || at - (times[i - 1] ?? 0) >= 1_000);
        }
        assert.deepEqual([...toldAt.keys()].toSorted(), [...touchedAt.keys()].toSorted());
      }),
    );
  });

  it('tells nothing once it has ended', () => {
    const clock = new ManualClock();
    const told: string[] = [];
    const throttle = new Throttle(clock, 1_000, (key) => told.push(key));
    throttle.touch('a');
    throttle.touch('a');
    throttle.end();
    clock.advance(5_000);
    assert.deepEqual([told, throttle.size], [['a'], 0]);
  });
});

describe('the URIs of tasks', () => {
  it('can be followed in the ways in which changes are told, and in no other', () => {
    for (const id of ['T-1', 'a', 'shop/a', 'shop/T-x_1.2']) {
      for (const uri of taskUris(id)) {
        assert(isFollowable(uri), uri);
        assert.equal(
          JSON.stringify(namedBy(uri)).toUpperCase(),
          JSON.stringify({ kind: 'task', id }).toUpperCase(),
        );
      }
    }
    for (const rest of ['', 'T%2D1', 'a b', 'a%20b', 'a/b/c', '%', '\u0000', 'shop%2fa', 'x'.repeat(500)]) {
      assert.equal(isFollowable(task(rest)), false, rest);
    }
  });

  it('never throw, whatever they hold', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        for (const uri of [task(text), `signalbox://lock/${text}`]) {
          namedBy(uri);
          isFollowable(uri);
        }
      }),
    );
  });
});

describe('the URIs of locks', () => {
  it('can be followed as the template writes them, and in no other way', () => {
    for (const name of ['wave:5c', 'file:src/**', 'deploy:prod/eu', `file:${'ß'.repeat(315)}`, '5%']) {
      assert(isFollowable(lock(name)), name);
      assert.deepEqual(namedBy(lock(name)), { kind: 'lock', name });
    }
    for (const rest of ['', 'wave:5c', 'a/b', '%', 'a%2fb', '\u0000', 'x'.repeat(3_000)]) {
      assert.equal(isFollowable(`signalbox://lock/${rest}`), false, rest);
    }
    assert.deepEqual(namedBy('signalbox://lock/wave:5c'), { kind: 'lock', name: 'wave:5c' });
  });
});
