/* One call after the other: an operation, an input for it, and somebody who makes it. */
import fc from 'fast-check';
import type { Catalogue } from '../../src/catalogue/catalogue.ts';
import { kinds, roles } from '../../src/areas/access/model.ts';
import { isRecord } from '../../src/kernel/json.ts';
import type { Caller } from '../../src/kernel/operation.ts';
import { hostile, hostileText } from './hostile.ts';
import { nearlyValid, valid } from './schema-values.ts';
import { symbolFor } from './seen.ts';

export const sorts = ['valid', 'nearly valid', 'hostile'] as const;

export interface Case {
  readonly operation: string;
  /** As it is generated; what it gets from earlier answers is filled in when the call is made. */
  readonly input: unknown;
  readonly sort: (typeof sorts)[number];
  readonly caller: Caller;
  readonly workspace: string | undefined;
  readonly requestId: string | undefined;
  /** Waits for something, and is broken off after a while; else it may not wait at all. */
  readonly waits: boolean;
  /** How much time has passed since the case before. */
  readonly passedMs: number;
}

const maybe = <T>(some: fc.Arbitrary<T>, freq: number): fc.Arbitrary<T | undefined> =>
  fc.option(some, { nil: undefined, freq });

/** Who is there from the beginning: an agent, whose it is, and by what connection it came. */
export const inhabitants = [
  { principal: 'owner', agent: 'ada', connection: 'c1' },
  { principal: 'owner', agent: 'bob', connection: 'c2' },
  { principal: 'grace', agent: 'eve-1', connection: 'c3' },
] as const;

const agents = fc.constantFrom('ada', 'bob', 'eve-1');

const inhabitant = fc.record({
  who: fc.constantFrom(...inhabitants),
  role: fc.constantFrom('worker' as const, 'admin' as const),
  kind: fc.constantFrom('agent' as const, 'agent' as const, 'person' as const),
  session: maybe(symbolFor('session'), 1),
});

const stranger: fc.Arbitrary<Caller> = fc.record({
  principal: fc.constantFrom('owner', 'owner', 'grace', 'ci', 'stranger'),
  role: fc.constantFrom(...roles, 'worker' as const, 'admin' as const),
  kind: fc.constantFrom(...kinds),
  token: maybe(symbolFor('id'), 1),
  scope: maybe(
    fc.record({
      workspaces: fc.constantFrom<readonly string[]>(['*'], ['main'], ['shop'], []),
      categories: fc.constantFrom<readonly string[]>(['*'], ['tasks', 'agents'], []),
      agent: maybe(agents, 1),
    }),
    1,
  ),
  agent: maybe(fc.oneof({ arbitrary: agents, weight: 8 }, { arbitrary: hostileText, weight: 1 }), 3),
  session: maybe(
    fc.oneof({ arbitrary: symbolFor('session'), weight: 8 }, { arbitrary: hostileText, weight: 1 }),
    2,
  ),
  connection: maybe(fc.constantFrom('c1', 'c2', 'c3'), 3),
  client: maybe(
    fc.oneof({ arbitrary: fc.constant('bench'), weight: 4 }, { arbitrary: hostileText, weight: 1 }),
    2,
  ),
});

const caller: fc.Arbitrary<Caller> = fc.oneof(
  {
    arbitrary: inhabitant.map(({ who, ...rest }): Caller => ({ ...who, ...rest, client: undefined })),
    weight: 2,
  },
  { arbitrary: stranger, weight: 1 },
);

const call = fc.record({
  caller,
  workspace: maybe(
    fc.oneof(
      { arbitrary: fc.constantFrom('main', 'main', 'shop'), weight: 8 },
      { arbitrary: hostileText, weight: 1 },
    ),
    2,
  ),
  requestId: maybe(
    fc.oneof(
      { arbitrary: fc.constantFrom('r1', 'r2', 'r3', 'r4'), weight: 2 },
      { arbitrary: fc.uuid(), weight: 4 },
      { arbitrary: hostileText, weight: 1 },
    ),
    1,
  ),
  waits: fc.nat({ max: 15 }).map((n) => n === 0),
  passedMs: fc.oneof(
    { arbitrary: fc.constant(0), weight: 100 },
    { arbitrary: fc.integer({ min: 1, max: 10_000 }), weight: 100 },
    { arbitrary: fc.integer({ min: 10_000, max: 7_200_000 }), weight: 1 },
  ),
});

/** An example with one member of another value, which few combinations exclude. */
const withOneMore = ([example, other, at]: readonly [unknown, unknown, number]): unknown => {
  if (!isRecord(example) || !isRecord(other)) return example;
  const entries = Object.entries(other);
  const one = entries[at % entries.length];
  return one === undefined ? example : { ...example, ...Object.fromEntries([one]) };
};

/** Cases over all operations, each as often as any other. */
export const casesOver = (catalogue: Catalogue): fc.Arbitrary<Case> => {
  const perOperation = catalogue.operations.map((operation) => {
    const schema = catalogue.inputSchemaOf(operation);
    const examples = operation.examples.map(({ input }): unknown => input);
    const example = fc.constantFrom(...examples, {});
    const whole = valid(schema);
    const good = fc.oneof(
      { arbitrary: whole, weight: 2 },
      { arbitrary: example, weight: 1 },
      { arbitrary: fc.tuple(example, whole, fc.nat()).map(withOneMore), weight: 3 },
    );
    const input = fc.oneof(
      { arbitrary: good.map((value) => ['valid', value] as const), weight: 4 },
      { arbitrary: nearlyValid(good).map((value) => ['nearly valid', value] as const), weight: 4 },
      { arbitrary: hostile.map((value) => ['hostile', value] as const), weight: 1 },
    );
    return fc
      .tuple(input, call)
      .map(([[sort, value], rest]): Case => ({ ...rest, operation: operation.name, sort, input: value }));
  });
  return fc.oneof(...perOperation);
};
