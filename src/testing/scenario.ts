import { defaultSettings } from '../areas/index.ts';
import { rulesOf, decideUnit } from '../engine/unit.ts';
import type { Area, Intent } from '../kernel/area.ts';
import type { Carried } from '../kernel/carried.ts';
import { type Actor, type Entry, systemActor } from '../kernel/entry.ts';
import type { Outcome } from '../kernel/errors.ts';
import { ok } from '../kernel/errors.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import type { Slices } from '../kernel/slices.ts';
import { CollectedLog } from './collected-log.ts';

/** Given / when / then over the rules of areas, guards and policies included, with no journal and no time of its own. */
export class Scenario {
  readonly entries: Entry[] = [];
  readonly log = new CollectedLog();
  readonly #rules;
  slices: Slices;
  now = 1_000_000_000_000;
  /** What whoever speaks is known to have got. */
  arrived: Carried = {};
  #units = 0;

  constructor(areas: readonly Area[], initial: Slices, settings: RuleSettings = defaultSettings) {
    this.#rules = rulesOf(areas, settings);
    this.slices = initial;
  }

  /** Decides and folds; what was written, or the refusal. */
  when(intent: Intent, actor: Actor = systemActor): Outcome<readonly Entry[]> {
    this.#units += 1;
    const entropy = new Uint8Array(10);
    // Neither end of it: ids may be cut, and are counted up from the last byte.
    new DataView(entropy.buffer).setUint32(4, this.#units);
    const base = {
      slices: this.slices,
      seq: this.entries.length,
      now: this.now,
      actor,
      by: intent.type,
      request: undefined,
      entropy: () => entropy,
      arrived: this.arrived,
    };
    const unit = decideUnit(this.#rules, base, { intent, log: this.log });
    if (!unit.ok) return unit;
    this.slices = unit.value.slices;
    this.entries.push(...unit.value.entries);
    return ok(unit.value.entries);
  }

  /** Lets time pass, and everything happen that is due then. */
  pass(ms: number): readonly Entry[] {
    this.now += ms;
    const before = this.entries.length;
    for (const area of this.#rules.areas) {
      for (const intent of area.due(this.slices, this.now)) this.when(intent);
    }
    return this.entries.slice(before);
  }

  /** The state that folding all entries in bulk mode gives; it must equal `slices`. */
  refolded(initial: Slices): Slices {
    let slices = initial;
    for (const area of this.#rules.areas) slices = area.bulk(slices);
    for (const entry of this.entries) {
      for (const area of this.#rules.areas) slices = area.evolve(slices, entry);
    }
    for (const area of this.#rules.areas) slices = area.settle(slices);
    return slices;
  }
}
