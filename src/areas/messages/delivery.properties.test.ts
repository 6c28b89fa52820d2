/* Deliveries against a plain model of them: lists that are searched, without cursors, indexes or an order of their own. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { present } from '../../kernel/assert.ts';
import type { Actor } from '../../kernel/entry.ts';
import type { Slices } from '../../kernel/slices.ts';
import { secondMs } from '../../kernel/instants.ts';
import { TaskBoard } from '../../testing/task-board.ts';
import { initialSlices } from '../index.ts';
import { messagesArea } from './area.ts';
import { messagesIntent } from './decide/index.ts';
import { type MessagesSlice } from './model/message.ts';
import { eachSeq } from './model/seqs.ts';
import { load, save } from './saved.ts';

const names = ['ada', 'bob', 'cyd'] as const;

type Step =
  | {
      readonly kind: 'send';
      readonly by: number;
      readonly to: readonly string[];
      readonly ack: number | undefined;
      readonly expires: number | undefined;
    }
  | {
      readonly kind: 'inbox';
      readonly by: number;
      readonly limit: number | undefined;
      readonly from: string | undefined;
      readonly all: boolean;
      /** Which of the messages that there are, counted from the latest. */
      readonly ack: 'all' | readonly number[] | undefined;
    }
  /** The session calls once more, or its answer is lost before it can, or gets a hint. */
  | { readonly kind: 'prove' | 'lose' | 'offer'; readonly by: number }
  | { readonly kind: 'pass'; readonly seconds: number };

const who = fc.nat({ max: names.length - 1 });
const rarely = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary });
const address = fc.constantFrom(...names, 'everyone', 'capability:review');

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('send' as const),
      by: who,
      to: fc.uniqueArray(address, { minLength: 1, maxLength: 2 }),
      ack: rarely(fc.constantFrom(1, 2, 4)),
      expires: rarely(fc.constantFrom(1, 2, 4)),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('inbox' as const),
      by: who,
      limit: rarely(fc.integer({ min: 1, max: 3 })),
      from: rarely(fc.constantFrom(...names)),
      all: fc.boolean(),
      ack: fc.option(
        fc.oneof(
          fc.constant('all' as const),
          fc.uniqueArray(fc.nat({ max: 3 }), { minLength: 1, maxLength: 2 }),
        ),
        { nil: undefined },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('prove' as const, 'prove' as const, 'lose' as const, 'offer' as const),
      by: who,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), seconds: fc.integer({ min: 1, max: 3 }) }),
  },
);

/** One message for one agent. */
interface Delivery {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly ackBy: number | undefined;
  readonly expiresAt: number | undefined;
  state: 'stored' | 'offered' | 'surfaced' | 'acknowledged' | 'expired';
  /** An answer has carried it, and another call has come since; nobody has written that down. */
  arrived: boolean;
  /** An answer has carried it. */
  carried: boolean;
  overdue: boolean;
  /** When it was read or expired, in steps. */
  pastAt: number;
}

/** What the mailboxes should say. */
class Model {
  readonly deliveries: Delivery[] = [];
  now = 0;
  #steps = 0;

  of(agent: string): Delivery[] {
    return this.deliveries.filter(({ to }) => to === agent);
  }

  isUnread({ state, arrived }: Delivery): boolean {
    return (state === 'stored' || state === 'offered') && !arrived;
  }

  isOwed({ ackBy, state, overdue }: Delivery): boolean {
    return ackBy !== undefined && !overdue && state !== 'acknowledged' && state !== 'expired';
  }

  /** The session calls: what it was answered before has arrived. */
  call(agent: string): void {
    this.#steps += 1;
    for (const one of this.of(agent)) {
      if (one.carried && this.isUnread(one)) {
        one.arrived = true;
        one.pastAt = this.#steps;
      }
    }
  }

  acknowledge(one: Delivery): void {
    if (one.state !== 'acknowledged' && one.state !== 'surfaced') one.pastAt = this.#steps;
    one.state = 'acknowledged';
    one.arrived = false;
  }

  pass(now: number): void {
    this.now = now;
    for (const one of this.deliveries) {
      const unread = one.state === 'stored' || one.state === 'offered';
      // Of a message that expires and is overdue at the same time, nobody is said to owe it as well.
      if (one.ackBy !== undefined && one.ackBy <= now && this.isOwed(one)) one.overdue = true;
      if (one.expiresAt !== undefined && one.expiresAt <= now && unread) {
        one.state = 'expired';
        one.arrived = false;
      }
    }
  }

  /** The host writes down what has arrived; who did not call since is none of it. */
  write(): void {
    for (const one of this.deliveries) {
      if (!one.arrived) continue;
      one.arrived = false;
      if (one.state === 'stored' || one.state === 'offered') one.state = 'surfaced';
    }
  }
}

const join = (board: TaskBoard): readonly Actor[] =>
  names.map((name) => board.join(name, { capabilities: name === 'cyd' ? [] : ['review'] }));

const idOf = (seq: number): string => `M-${seq}`;
const seqOf = (id: string): number => Number(id.slice(2));

/** A run of the real thing beside the model. */
class Run {
  readonly board = new TaskBoard();
  readonly model = new Model();
  readonly #actors = join(this.board);
  /** Up to where the answers of each agent have carried messages, and which of that has arrived. */
  readonly #carried = new Map<string, number>();
  readonly #arrived = new Map<string, number>();
  surfaced = 0;

  do(one: Step): void {
    switch (one.kind) {
      case 'send':
        return this.#send(one);
      case 'inbox':
        return this.#inbox(one);
      case 'prove':
        this.#call(present(names[one.by], 'there are three'));
        return this.#write();
      case 'lose': {
        // The answer does not arrive: what it carried is shown again.
        const name = present(names[one.by], 'there are three');
        this.#carried.delete(name);
        for (const delivery of this.model.of(name)) delivery.carried = false;
        return;
      }
      case 'offer':
        return this.#offer(present(names[one.by], 'there are three'));
      case 'pass':
        this.board.scenario.now += one.seconds * secondMs;
        this.model.pass(this.board.scenario.now);
        // Nobody has written down yet what is over.
        this.check();
        this.checkStates();
        this.board.pass(0);
    }
  }

  #send({ by, to, ack, expires }: Extract<Step, { readonly kind: 'send' }>): void {
    const actor = present(this.#actors[by], 'there are three');
    const from = actor.agent ?? '';
    const others = names.filter((name) => name !== from);
    const meant = to.flatMap((one) => {
      if (one === 'everyone') return others;
      return one === 'capability:review' ? others.filter((name) => name !== 'cyd') : [one];
    });
    const { now } = this.board.scenario;
    const input = {
      text: from,
      to,
      ...(ack !== undefined && { ack_within_s: ack }),
      ...(expires !== undefined && { expires_in_s: expires }),
    };
    const { id, recipients } = this.board.do(actor, 'message_send', input);
    assert.ok(Array.isArray(recipients));
    assert.deepEqual(new Set(recipients.map(({ agent }) => String(agent))), new Set(meant));
    for (const name of new Set(meant)) {
      this.model.deliveries.push({
        id: String(id),
        from,
        to: name,
        ackBy: ack === undefined ? undefined : now + ack * secondMs,
        expiresAt: expires === undefined ? undefined : now + expires * secondMs,
        state: 'stored',
        arrived: false,
        carried: false,
        overdue: false,
        pastAt: 0,
      });
    }
  }

  #call(agent: string): void {
    this.model.call(agent);
    this.#arrived.set(agent, Math.max(this.#arrived.get(agent) ?? 0, this.#carried.get(agent) ?? 0));
  }

  #inbox({ by, limit, from, all, ack }: Extract<Step, { readonly kind: 'inbox' }>): void {
    const actor = present(this.#actors[by], 'there are three');
    const agent = actor.agent ?? '';
    const { model, board } = this;
    this.#call(agent);
    const own = model.of(agent);
    const whole = ack === 'all' && from !== undefined ? undefined : ack;
    const named =
      whole === undefined || whole === 'all' ? whole : whole.flatMap((n) => own.at(-1 - n)?.id ?? []);
    board.scenario.arrived = { surfaced: this.#arrived.get(agent) ?? 0 };
    const answer = board.do(actor, 'inbox', {
      ...(limit !== undefined && { limit }),
      ...(from !== undefined && { from }),
      all,
      ...(named !== undefined && named.length > 0 && { ack: named }),
    });
    board.scenario.arrived = {};
    const wanted =
      named === 'all'
        ? own.filter((one) => model.isOwed(one) && !model.isUnread(one))
        : own.filter((one) => named?.includes(one.id) === true && one.state !== 'acknowledged');
    for (const one of wanted) model.acknowledge(one);
    const unread = own.filter((one) => model.isUnread(one));
    const passing = (one: Delivery): boolean => from === undefined || one.from === from;
    const shown = unread.filter(passing).slice(0, limit ?? 20);
    const more = unread.filter(passing).length - shown.length;
    const past = own
      .filter((one) => !model.isUnread(one) && passing(one))
      .toReversed()
      .slice(0, all && more === 0 ? (limit ?? 20) - shown.length : 0);
    assert.ok(Array.isArray(answer['messages']));
    assert.deepEqual(
      answer['messages'].map(({ id, expired }) => [id, expired === true]),
      [...shown, ...past].map(({ id, state }) => [id, state === 'expired']),
    );
    assert.equal(answer['more'] ?? 0, more);
    const order: unknown = answer['acknowledged'] ?? [];
    assert.ok(Array.isArray(order));
    assert.deepEqual(new Set(order), new Set(wanted.map(({ id }) => id)));
    const firstHidden = unread.findIndex((one) => !shown.includes(one));
    const carried = firstHidden === -1 ? unread : unread.slice(0, firstHidden);
    assert.deepEqual(
      answer['up_to'],
      carried.length === 0 ? undefined : { messages: seqOf(carried.at(-1)?.id ?? '') },
    );
    for (const one of carried) one.carried = true;
    const upTo = carried.at(-1);
    if (upTo !== undefined) this.#carried.set(agent, seqOf(upTo.id));
  }

  #write(): void {
    const cursors = [...this.#arrived].map(([agent, surfaced]) => ({ agent, surfaced }));
    assert.ok(this.board.scenario.when(messagesIntent({ type: 'deliver', cursors })).ok);
    this.model.write();
  }

  #offer(agent: string): void {
    const latest = this.model.of(agent).at(-1);
    if (latest === undefined) return;
    const cursors = [{ agent, offered: seqOf(latest.id) }];
    assert.ok(this.board.scenario.when(messagesIntent({ type: 'deliver', cursors })).ok);
    for (const one of this.model.of(agent)) if (one.state === 'stored') one.state = 'offered';
  }

  /** What everybody can see is what the model says. */
  check(): void {
    const { slices } = this.board.scenario;
    for (const agent of names) {
      const own = this.model.of(agent);
      const unread = own.filter(({ state }) => state === 'stored' || state === 'offered');
      const [news] = messagesArea.news(slices, agent, { now: this.board.scenario.now, arrived: {} });
      assert.equal(news?.kind === 'message' ? news.count : 0, unread.length);
      const owed = own.filter((one) => this.model.isOwed(one));
      const attention = messagesArea.attention(slices, agent, this.board.scenario.now);
      const refs = (kind: string) => attention.filter((one) => one.kind === kind).map(({ ref }) => ref);
      assert.deepEqual(
        refs('message'),
        unread.map(({ id }) => id),
      );
      assert.deepEqual(
        refs('message_ack'),
        owed.filter((one) => !unread.includes(one)).map(({ id }) => id),
      );
    }
  }

  /** The state of every delivery, as the senders see it. */
  checkStates(): void {
    for (const [index, name] of names.entries()) {
      const actor = present(this.#actors[index], 'there are three');
      const sent = new Set(this.model.deliveries.filter(({ from }) => from === name).map(({ id }) => id));
      for (const id of sent) {
        const { deliveries } = this.board.do(actor, 'message_get', { id });
        assert.ok(Array.isArray(deliveries));
        assert.deepEqual(
          new Map(deliveries.map((one) => [one.agent, one.state])),
          new Map(this.model.deliveries.filter((one) => one.id === id).map(({ to, state }) => [to, state])),
        );
      }
    }
    this.surfaced = this.model.deliveries.filter(({ state }) => state === 'surfaced').length;
  }
}

/** Everything that a slice says, in a form that can be compared. */
const told = ({ messages, mailboxes, recent, last }: MessagesSlice): unknown => ({
  messages: [...messages.values()].toSorted((a, b) => a.seq - b.seq),
  due: [...messages.scan('due', 'due')].map(({ seq }) => idOf(seq)),
  mailboxes: [...mailboxes.values()]
    .map((mailbox) => ({
      ...mailbox,
      unread: [...eachSeq(mailbox.unread)],
      owed: [...eachSeq(mailbox.owed)],
    }))
    .toSorted((a, b) => (a.agent < b.agent ? -1 : 1)),
  recent: [...eachSeq(recent)],
  last,
});

const reloaded = (slices: Slices): Slices => {
  const rows = [...save(slices.messages)].map((row) => JSON.stringify(row));
  return messagesArea.settle({ ...slices, messages: load(rows.map((row) => JSON.parse(row))) });
};

const runs = 10_000;
const foldedEvery = 20;

test('ME10 to ME16, ME19, ME20, ME22, ME27 deliveries are what a plain model of them says, in bulk and from a snapshot', () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  console.log(`deliveries: seed ${seed}`);
  let done = 0;
  let surfaced = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 4, maxLength: 14 }), (steps) => {
      const run = new Run();
      for (const one of steps) {
        run.do(one);
        run.check();
      }
      run.checkStates();
      surfaced += run.surfaced;
      done += 1;
      if (done % foldedEvery !== 0) return;
      const { scenario } = run.board;
      const live = told(scenario.slices.messages);
      assert.deepEqual(told(scenario.refolded(initialSlices).messages), live);
      assert.deepEqual(told(reloaded(scenario.slices).messages), live);
    }),
    { numRuns: runs, seed },
  );
  assert.ok(surfaced > runs / 10, `the runs get somewhere: ${surfaced} deliveries were read`);
});
