import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { identify } from '../../src/areas/agents/model.ts';
import { areas, defaultSettings, initialSlices } from '../../src/areas/index.ts';
import { decideUnit, rulesOf } from '../../src/engine/unit.ts';
import type { Entry } from '../../src/kernel/entry.ts';
import type { Slices } from '../../src/kernel/slices.ts';
import { CollectedLog } from '../../src/testing/collected-log.ts';
import { type Answered, callerOf, courseArbitrary, race } from './two-processes.ts';

/** The state after each number of entries, folded one by one. */
const statesOf = (entries: readonly Entry[]): readonly Slices[] => {
  const states: Slices[] = [initialSlices];
  for (const entry of entries) {
    let slices = states.at(-1) ?? initialSlices;
    for (const area of areas) slices = area.evolve(slices, entry);
    states.push(slices);
  }
  return states;
};

/** All that a snapshot would hold of a state. */
const savedOf = (slices: Slices): unknown => areas.map((area) => [...area.save(slices)]);

const rules = rulesOf(areas, defaultSettings);

/** What came of a race: all entries, the state after each number of them, and the answers. */
interface History {
  readonly entries: readonly Entry[];
  readonly states: readonly Slices[];
  readonly answered: readonly Answered[];
}

/** What the command would come to on the state after `seq` entries. */
const decideAt = (states: readonly Slices[], seq: number, { call, now }: { call: Answered; now: number }) => {
  const caller = callerOf(call.step.agent);
  const slices = states[seq] ?? initialSlices;
  const actor = identify(slices, caller);
  assert.ok(actor.ok);
  const base = {
    slices,
    seq,
    now,
    actor: actor.value,
    by: call.command.operation,
    request: undefined,
    entropy: () => new Uint8Array(10),
    arrived: {},
  };
  return decideUnit(rules, base, { intent: call.command.intend(caller), log: new CollectedLog() });
};

const comparable = ({ seq, type, data, actor }: Entry): unknown => ({ seq, type, data, actor });

/** A call that cannot tell whether its unit was stored. */
const isUnsure = ({ code }: Answered): boolean => code === 'outcome_unknown';

/** Whether the unit that begins with this entry was stored during the call, and is what the call means at that place. */
const couldHaveWritten = (call: Answered, first: Entry, { entries, states }: History): boolean => {
  if (first.seq <= call.from || first.seq > call.until) return false;
  const unit = entries.slice(first.seq - 1, first.seq - 1 + (first.cause.size ?? 1));
  const again = decideAt(states, first.seq - 1, { call, now: first.time });
  return again.ok && isDeepStrictEqual(again.value.entries.map(comparable), unit.map(comparable));
};

/** The unit is the work of one call: of the one that was told so, or else of one that was left unsure. */
const checkUnit = (first: Entry, history: History): void => {
  const request = first.cause.request?.id;
  const told = history.answered.filter(({ wrote }) => wrote === first.seq);
  assert.ok(
    told.every((one) => one.request === request),
    `the unit at ${first.seq} is the answer to other calls`,
  );
  const own = told.filter(({ replayed }) => !replayed);
  assert.ok(own.length <= 1, `the unit at ${first.seq} is the answer to ${own.length} calls`);
  const authors = own.length === 1 ? own : history.answered.filter(isUnsure);
  assert.ok(
    authors.some((one) => one.request === request && couldHaveWritten(one, first, history)),
    `the unit at ${first.seq} is what no call wanted at that place`,
  );
};

/** Each call has at most one unit, and so have all calls of one request id together. */
const checkOnce = (units: readonly Entry[], { answered }: History): void => {
  const requests = units.flatMap(({ cause }) => (cause.request === undefined ? [] : [cause.request.id]));
  assert.equal(new Set(requests).size, requests.length, 'no request was done twice');
  const starts = new Set(units.map(({ seq }) => seq));
  const told = answered.flatMap(({ wrote }) => (wrote === undefined ? [] : [wrote]));
  assert.ok(
    told.every((seq) => starts.has(seq)),
    'what a call was told it wrote is there',
  );
  const orphans = units.filter(({ seq, cause }) => cause.request === undefined && !told.includes(seq));
  const unsure = answered.filter((one) => one.request === undefined && isUnsure(one));
  assert.ok(orphans.length <= unsure.length, 'no call was done twice');
};

/** An answer without a unit was true at some moment of its call. */
const checkAnswer = (call: Answered, { entries, states }: History): void => {
  const moments = Array.from({ length: call.until - call.from + 1 }, (_, i) => call.from + i);
  const wasTrue = moments.some((seq) => {
    const outcome = decideAt(states, seq, { call, now: entries[seq - 1]?.time ?? 0 });
    return outcome.ok ? call.code === 'ok' && outcome.value.entries.length === 0 : outcome.code === call.code;
  });
  assert.ok(
    wasTrue,
    `the answer ${call.code} to ${JSON.stringify(call.step)} was true at no moment of its call`,
  );
};

it('any interleaving of two processes equals some serial order, and refusals were true at some moment of the call', async () => {
  const met = { replayed: 0, unsure: 0 };
  const property = fc.asyncProperty(courseArbitrary, async (course) => {
    const { entries, before, answered, live } = await race(course);
    const history = { entries, answered, states: statesOf(entries) };
    for (const { slices, seq } of live)
      assert.deepEqual(savedOf(slices), savedOf(history.states[seq] ?? initialSlices));
    const units = entries.slice(before).filter(({ seq, cause }) => cause.unit === seq);
    for (const first of units) checkUnit(first, history);
    checkOnce(units, history);
    for (const call of answered) if (call.wrote === undefined && !isUnsure(call)) checkAnswer(call, history);
    met.replayed += answered.filter(({ replayed }) => replayed).length;
    met.unsure += answered.filter(isUnsure).length;
  });
  await fc.assert(property, { numRuns: 500 });
  assert.ok(met.replayed > 0 && met.unsure > 0, `of what can happen there was ${JSON.stringify(met)}`);
});
