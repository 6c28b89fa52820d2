/* Random conversations, held against a plain model of what a request goes through and of what a side has read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { z } from 'zod';
import { present } from '../../kernel/assert.ts';
import type { Actor } from '../../kernel/entry.ts';
import { minuteMs, secondMs } from '../../kernel/instants.ts';
import type { Slices } from '../../kernel/slices.ts';
import { TaskBoard } from '../../testing/task-board.ts';
import { initialSlices } from '../index.ts';
import { portalsArea } from './area.ts';
import {
  type PortalsSlice,
  hasNews,
  liveCount,
  newsCount,
  pendingOf,
  portalsOf,
  portalsWithNews,
  sideOf,
  unreadCount,
} from './model/portal.ts';
import { load, save } from './saved.ts';

const names = ['ada', 'bob', 'eve'] as const;

type Name = (typeof names)[number];

type Step =
  | { readonly kind: 'open'; readonly who: Name; readonly other: Name; readonly asks: boolean | undefined }
  | {
      readonly kind: 'send';
      readonly who: Name;
      readonly portal: number;
      readonly expiresInS?: number | undefined;
    }
  | {
      readonly kind: 'reply';
      readonly who: Name;
      readonly portal: number;
      readonly request: number;
      readonly reply: 'accept' | 'result' | 'failure';
    }
  | {
      readonly kind: 'read';
      readonly who: Name;
      readonly portal: number;
      readonly back: number | undefined;
      readonly limit: number;
    }
  | { readonly kind: 'close'; readonly who: Name; readonly portal: number }
  | { readonly kind: 'pass'; readonly ms: number };

const who = fc.constantFrom<Name>('ada', 'ada', 'ada', 'bob', 'bob', 'bob', 'eve');
const portal = fc.constantFrom(1, 1, 1, 1, 2, 3, 4);
const request = fc.constantFrom(1, 1, 1, 2, 2, 2, 3, 4);

/** What every run begins with, so that what follows leads somewhere. */
const opening: readonly Step[] = [
  { kind: 'open', who: 'ada', other: 'bob', asks: true },
  { kind: 'open', who: 'bob', other: 'eve', asks: false },
  { kind: 'send', who: 'bob', portal: 1, expiresInS: 60 },
];
const reply = fc.constantFrom('accept', 'result', 'failure');
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const seconds = fc.constantFrom(30, 60, 600);
const kind = <K extends string>(value: K) => fc.constant(value);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind('open'), who, other: who, asks: maybe(fc.boolean()) }),
  },
  { weight: 6, arbitrary: fc.record({ kind: kind('send'), who, portal, expiresInS: maybe(seconds) }) },
  { weight: 8, arbitrary: fc.record({ kind: kind('reply'), who, portal, request, reply }) },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: kind('read'),
      who,
      portal,
      back: maybe(fc.integer({ min: -2, max: 5 })),
      limit: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: kind('close'), who, portal }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: kind('pass'), ms: fc.constantFrom(secondMs, 30 * secondMs, 5 * minuteMs) }),
  },
);

/** A request as the model knows it; `ended` says how it ended. */
interface Asked {
  readonly from: Name;
  readonly to: Name;
  readonly deadline: number;
  accepted: boolean;
  ended: 'result' | 'failure' | 'expired' | 'closed' | undefined;
}

/** A portal as the model knows it: each item by who made it and its entry, and how many of them a side has read. */
interface Talk {
  readonly sides: readonly [Name, Name];
  closed: boolean;
  readonly asked: Asked[];
  readonly items: { readonly by: Name | undefined; readonly seq: number }[];
  readonly read: Map<Name, number>;
}

const dayS = 86_400;

class Model {
  readonly talks: Talk[] = [];
  readonly #board: TaskBoard;
  readonly #actors: ReadonlyMap<Name, Actor>;
  /** How many steps were not refused. */
  done = 0;

  constructor(board: TaskBoard) {
    this.#board = board;
    this.#actors = new Map(names.map((name) => [name, board.join(name)]));
  }

  run(one: Step): void {
    switch (one.kind) {
      case 'open':
        return this.#open(one);
      case 'send':
        return this.#send(one);
      case 'reply':
        return this.#reply(one);
      case 'read':
        return this.#read(one);
      case 'close':
        return this.#close(one);
      case 'pass':
        return this.#pass(one.ms);
    }
  }

  #call(who: Name, name: string, input: object): string {
    const actor = present(this.#actors.get(who), 'all have joined');
    const before = this.#board.scenario.slices;
    const outcome = this.#board.call(actor, name, { ...input });
    if (outcome.ok) this.done += 1;
    else assert.equal(this.#board.scenario.slices, before);
    return outcome.ok ? 'ok' : outcome.code;
  }

  /** The portal, if this agent is in it. */
  #talk(number: number, who: Name): Talk | undefined {
    const talk = this.talks[number - 1];
    return talk?.sides.includes(who) === true ? talk : undefined;
  }

  #add(talk: Talk, by: Name | undefined, seq: number): void {
    const upToDate = by !== undefined && !newTo(talk, by);
    talk.items.push({ by, seq });
    if (upToDate) talk.read.set(by, talk.items.length);
  }

  /** What the last call wrote, as items of one who made them. */
  #written(talk: Talk, by: Name): void {
    for (const { seq } of this.#board.written) this.#add(talk, by, seq);
  }

  #ask(talk: Talk, from: Name, expiresInS: number): void {
    const to = present(
      talk.sides.find((side) => side !== from),
      'there is another side',
    );
    const deadline = this.#board.scenario.now + expiresInS * secondMs;
    talk.asked.push({ from, to, deadline, accepted: false, ended: undefined });
  }

  #open({ who: by, other, asks }: Extract<Step, { kind: 'open' }>): void {
    const first = asks === undefined ? {} : { text: 'x', kind: asks ? 'request' : 'message' };
    const said = this.#call(by, 'portal_open', { with: other, ...first });
    assert.equal(said, by === other ? 'invalid_input' : 'ok');
    if (said !== 'ok') return;
    const talk: Talk = { sides: [by, other], closed: false, asked: [], items: [], read: new Map() };
    this.talks.push(talk);
    this.#written(talk, by);
    if (asks === true) this.#ask(talk, by, dayS);
  }

  #send({ who: by, portal: number, expiresInS }: Extract<Step, { kind: 'send' }>): void {
    const talk = this.#talk(number, by);
    const asks = expiresInS === undefined ? {} : { kind: 'request', expires_in_s: expiresInS };
    const said = this.#call(by, 'portal_send', { portal: `P-${number}`, text: 'x', ...asks });
    assert.equal(said, talk === undefined ? 'not_found' : talk.closed ? 'invalid_state' : 'ok');
    if (talk === undefined || said !== 'ok') return;
    this.#written(talk, by);
    if (expiresInS !== undefined) this.#ask(talk, by, expiresInS);
  }

  #reply({ who: by, portal: number, request: n, reply: how }: Extract<Step, { kind: 'reply' }>): void {
    const talk = this.#talk(number, by);
    const asked = talk?.asked[n - 1];
    const answer = how === 'accept' ? { accept: true } : { [how]: 'x' };
    const said = this.#call(by, 'portal_reply', { portal: `P-${number}`, request: n, ...answer });
    const expected =
      asked === undefined
        ? 'not_found'
        : asked.to !== by
          ? 'forbidden'
          : asked.ended !== undefined
            ? 'invalid_state'
            : 'ok';
    assert.equal(said, expected);
    if (talk === undefined || asked === undefined || said !== 'ok') return;
    assert.equal(this.#board.written.length, how === 'accept' && asked.accepted ? 0 : 1);
    this.#written(talk, by);
    if (how === 'accept') asked.accepted = true;
    else asked.ended = how;
  }

  #read({ who: by, portal: number, back, limit }: Extract<Step, { kind: 'read' }>): void {
    const talk = this.#talk(number, by);
    const read = talk?.read.get(by) ?? 0;
    const from = back === undefined ? read : Math.max(0, read - back);
    // The entry before the item from which on is asked; one behind the end is no item's.
    const since = from === 0 ? 0 : (talk?.items[from - 1]?.seq ?? Number.MAX_SAFE_INTEGER);
    const input = { portal: `P-${number}`, limit, ...(back !== undefined && { since }) };
    const said = this.#call(by, 'portal_read', input);
    assert.equal(said, talk === undefined ? 'not_found' : 'ok');
    if (talk === undefined) return;
    const shown = Math.min(talk.items.length, from + limit);
    const marks = from <= read && shown > read;
    assert.equal(this.#board.written.length, marks ? 1 : 0);
    if (marks) talk.read.set(by, shown);
  }

  #close({ who: by, portal: number }: Extract<Step, { kind: 'close' }>): void {
    const talk = this.#talk(number, by);
    const said = this.#call(by, 'portal_close', { portal: `P-${number}` });
    assert.equal(said, talk === undefined ? 'not_found' : talk.closed ? 'invalid_state' : 'ok');
    if (talk === undefined || said !== 'ok') return;
    this.#written(talk, by);
    talk.closed = true;
    for (const asked of talk.asked) asked.ended ??= 'closed';
  }

  #pass(ms: number): void {
    const entries = this.#board.pass(ms).filter(({ type }) => type === 'portals.expired');
    for (const [i, talk] of this.talks.entries()) {
      const late = talk.asked.filter(
        ({ ended, deadline }) => ended === undefined && deadline <= this.#board.scenario.now,
      );
      for (const asked of late) asked.ended = 'expired';
      const own = entries.filter(({ data }) => ends.parse(data).portal === `P-${i + 1}`);
      assert.equal(own.length, late.length > 0 ? 1 : 0);
      for (const { seq } of own) this.#add(talk, undefined, seq);
    }
  }
}

const newTo = (talk: Talk, name: Name): boolean =>
  talk.items.slice(talk.read.get(name) ?? 0).some(({ by }) => by !== name);

/** The slice says what the model says. */
const check = (slices: Slices, talks: readonly Talk[]): void => {
  const slice = slices.portals;
  assert.equal(slice.portals.size, talks.length);
  for (const [i, talk] of talks.entries()) {
    const id = `P-${i + 1}`;
    const known = present(slice.portals.get(id), 'it was opened');
    assert.equal(known.state.kind, talk.closed ? 'closed' : 'open');
    assert.deepEqual(
      known.items.map(({ seq }) => seq),
      talk.items.map(({ seq }) => seq),
    );
    const pending = pendingOf(slice, id).map(({ number }) => number);
    const expected = talk.asked.flatMap(({ ended }, n) => (ended === undefined ? [n + 1] : []));
    assert.deepEqual(pending, expected);
    for (const [n, asked] of talk.asked.entries()) {
      const state = slice.requests.get(`${id} ${n + 1}`)?.state.kind;
      assert.equal(state, asked.ended ?? (asked.accepted ? 'accepted' : 'open'));
    }
    for (const name of talk.sides) {
      const side = present(sideOf(known, name), 'it is a side');
      assert.equal(hasNews(known[side]), newTo(talk, name), `${id} ${name}`);
      const unread = talk.items.slice(talk.read.get(name) ?? 0).filter(({ by }) => by !== name);
      assert.equal(unreadCount(known, side), unread.length);
    }
  }
  for (const name of names) checkAgent(slices, talks, name);
};

const checkAgent = (slices: Slices, talks: readonly Talk[], name: Name): void => {
  const own = talks.filter(({ sides }) => sides.includes(name));
  const unread = own.filter((talk) => newTo(talk, name));
  const slice = slices.portals;
  assert.equal(portalsOf(slice, name, ['open', 'closed']).length, own.length);
  assert.equal(portalsWithNews(slice, name).length, unread.length);
  assert.equal(newsCount(slice, name).count, unread.length);
  assert.equal(liveCount(slice, name), own.filter((talk) => !talk.closed || newTo(talk, name)).length);
  const waiting = portalsArea.attention(slices, name, 0).filter((one) => one.kind === 'portal_request');
  const pending = own.flatMap(({ asked }) => asked.filter((one) => one.to === name && !one.ended));
  assert.ok(waiting.length <= pending.length);
  assert.equal(slice.requests.count('to', name), pending.length);
};

const ends = z.object({
  portal: z.string().optional(),
  request: z.number().optional(),
  requests: z.array(z.number()).optional(),
  fails: z.array(z.number()).optional(),
});

/** Each request that the entries say has ended, by name; told by the journal alone. */
const endedIn = (board: TaskBoard): readonly string[] =>
  board.scenario.entries.flatMap(({ type, data }) => {
    if (!['portals.answered', 'portals.expired', 'portals.closed'].includes(type)) return [];
    const { portal: id, request: n, requests = [], fails = [] } = ends.parse(data);
    return [
      ...(n === undefined ? [] : [`${id} ${n}`]),
      ...[...requests, ...fails].map((one) => `${id} ${one}`),
    ];
  });

/** Everything that a slice says, in a form that can be compared. */
const told = (slice: PortalsSlice): unknown =>
  JSON.parse(
    JSON.stringify({
      portals: [...slice.portals.values()].toSorted((a, b) => a.number - b.number),
      requests: [...slice.requests.values()].toSorted((a, b) => a.seq - b.seq),
      news: names.map((name) => portalsWithNews(slice, name).map(({ id }) => id)),
      closed: [...slice.portals.scan('closed', 'all')].map(({ id }) => id),
      deadlines: [...slice.requests.scan('deadline', 'all')].map(({ seq }) => seq),
      counted: slice.counted,
    }),
  );

const reloaded = (slices: Slices): Slices => {
  const rows = [...save(slices.portals)].map((row) => JSON.stringify(row));
  return portalsArea.settle({ ...slices, portals: load(rows.map((row) => JSON.parse(row))) });
};

test('PO5 PO7 PO18 a request ends once, whatever is done, and every fold says the same', (t) => {
  let done = 0;
  let answered = 0;
  const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000);
  t.diagnostic(`SEED=${seed}`);
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 80 }), (steps) => {
      const board = new TaskBoard();
      const model = new Model(board);
      for (const one of [...opening, ...steps]) {
        model.run(one);
        check(board.scenario.slices, model.talks);
      }
      const ended = endedIn(board);
      assert.equal(new Set(ended).size, ended.length, 'no request ends twice');
      const { slices } = board.scenario;
      const live = told(slices.portals);
      assert.deepEqual(told(board.scenario.refolded(initialSlices).portals), live);
      assert.deepEqual(told(reloaded(slices).portals), live);
      done += model.done;
      answered += ended.length;
    }),
    { seed, numRuns: 400 },
  );
  assert.ok(done > 4_000 && answered > 800, `the runs get somewhere: ${done} steps, ${answered} ends`);
});
