import { randomUUID } from 'node:crypto';
import { present } from '../kernel/assert.ts';
import type { Area, Context, Guard, Intent, Policy } from '../kernel/area.ts';
import type { Carried } from '../kernel/carried.ts';
import type { Actor, Author, Entry, EventShape, RequestMark, Seq } from '../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../kernel/errors.ts';
import { ulid } from '../kernel/ids.ts';
import type { Instant } from '../kernel/instants.ts';
import type { RuleSettings } from '../kernel/rule-settings.ts';
import type { Slices } from '../kernel/slices.ts';
import type { Log } from './log.ts';

/** How deep policies may set off policies. */
const cascadeDepthMax = 3;
/** How many entries one unit may have. */
const unitEntriesMax = 1_000;

/** The rules of all areas, arranged for use. */
export interface Rules {
  readonly areas: readonly Area[];
  readonly settings: RuleSettings;
  readonly guards: ReadonlyMap<string, readonly Guard[]>;
  readonly policies: ReadonlyMap<string, readonly Policy[]>;
  /** Which area an event belongs to, and the version in which it is written today. */
  readonly owners: ReadonlyMap<string, { readonly area: Area; readonly version: number }>;
}

export const rulesOf = (areas: readonly Area[], settings: RuleSettings): Rules => ({
  areas,
  settings,
  guards: grouped(
    areas.flatMap((area) => area.guards.flatMap((guard) => guard.watches.map((type) => [type, guard]))),
  ),
  policies: grouped(
    areas.flatMap((area) => area.policies.flatMap((policy) => policy.after.map((type) => [type, policy]))),
  ),
  owners: new Map(
    areas.flatMap((area) =>
      Object.entries(area.events).map(([type, { version }]) => [type, { area, version }]),
    ),
  ),
});

const grouped = <T>(pairs: readonly (readonly [string, T])[]): ReadonlyMap<string, readonly T[]> => {
  const groups = new Map<string, T[]>();
  for (const [key, one] of pairs) {
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [one]);
    else group.push(one);
  }
  return groups;
};

/** What a unit is decided on, and who wants it. */
export interface UnitBase {
  readonly slices: Slices;
  /** The last sequence number before the unit. */
  readonly seq: Seq;
  readonly now: Instant;
  readonly actor: Actor;
  /** The operation, or what else is the cause. */
  readonly by: string;
  readonly request: RequestMark | undefined;
  readonly arrived: Carried;
  /** Ten random bytes, the same for every attempt at this unit. */
  readonly entropy: () => Uint8Array;
}

export interface Unit {
  readonly slices: Slices;
  readonly entries: readonly Entry[];
}

/**
 * Decides a command and everything that policies add to it: guards first, then the rule, then the policies on the state
 * with the earlier events folded in. One refusal refuses the whole unit, unless it is that of a best-effort policy. A
 * throw is a defect of the rules: it is logged once, under the id that the refusal names, and drops this unit only.
 */
export const decideUnit = (
  rules: Rules,
  base: UnitBase,
  { intent, log }: { intent: Intent; log: Log },
): Outcome<Unit> => {
  try {
    const draft = new UnitDraft(rules, base);
    const refusal = draft.run(intent, base.by, 0);
    return refusal ?? ok(draft.finish());
  } catch (thrown) {
    return defect(log, `deciding ${intent.type}`, thrown);
  }
};

/** Logs a thrown value once and makes the refusal that names the log's id. */
export const defect = (log: Log, during: string, thrown: unknown): Refusal => {
  const id = randomUUID();
  log.error(`defect ${id} while ${during}`, thrown);
  return refuse(
    'internal',
    `Signalbox has a defect (${during}). Nothing was stored. The log has the details under ${id}.`,
    {
      id,
    },
  );
};

class UnitDraft {
  readonly #rules: Rules;
  readonly #base: UnitBase;
  readonly #author: Author;
  #slices: Slices;
  #entries: Entry[] = [];
  #ids = 0;

  constructor(rules: Rules, base: UnitBase) {
    this.#rules = rules;
    this.#base = base;
    this.#slices = base.slices;
    const { principal, kind, agent, session, token } = base.actor;
    this.#author = {
      principal,
      ...(kind === 'agent' && agent === undefined && { kind }),
      ...(agent !== undefined && { agent }),
      ...(session !== undefined && { session }),
      ...(token !== undefined && { token }),
    };
  }

  run(intent: Intent, by: string, depth: number): Refusal | undefined {
    if (depth > cascadeDepthMax) {
      return refuse(
        'cascade_limit',
        `"${by}" would be the ${depth}th policy set off in a row; at most ${cascadeDepthMax} are. Do less in one call.`,
      );
    }
    const facts = this.#facts();
    for (const guard of this.#rules.guards.get(intent.type) ?? []) {
      const refusal = guard.check(this.#slices, facts, intent.command);
      if (refusal !== undefined) return refusal;
    }
    const decision = intent.decide(this.#slices, facts);
    if (!decision.ok) return decision;
    const from = this.#entries.length;
    for (const event of decision.value) {
      if (this.#entries.length === unitEntriesMax) {
        return refuse(
          'cascade_limit',
          `This call would write more than ${unitEntriesMax} entries. Do less in one call.`,
        );
      }
      this.#fold(event, by);
    }
    return this.#react(this.#entries.slice(from), depth + 1);
  }

  finish(): Unit {
    const [first, ...rest] = this.#entries;
    if (first === undefined) return { slices: this.#slices, entries: [] };
    const { request } = this.#base;
    const cause = { ...first.cause, size: this.#entries.length, ...(request !== undefined && { request }) };
    return { slices: this.#slices, entries: [{ ...first, cause }, ...rest] };
  }

  #facts(): Omit<Context, 'world'> {
    const { now, actor, arrived, entropy } = this.#base;
    const from = this.#ids;
    const slices = this.#slices;
    return {
      now,
      actor,
      arrived,
      ulid: (index) => {
        this.#ids = Math.max(this.#ids, from + index + 1);
        return ulid(now, entropy(), from + index);
      },
      settings: this.#rules.settings,
      holds: (agent, session) => this.#rules.areas.some((area) => area.holds(slices, agent, session)),
    };
  }

  #fold(event: EventShape, by: string): void {
    const { seq, now } = this.#base;
    const owner = present(this.#rules.owners.get(event.type), `an area declares the event ${event.type}`);
    const entry: Entry = {
      seq: seq + this.#entries.length + 1,
      time: now,
      actor: this.#author,
      type: event.type,
      version: owner.version,
      data: event.data,
      cause: { unit: seq + 1, by },
    };
    this.#slices = owner.area.evolve(this.#slices, entry);
    this.#entries.push(entry);
  }

  #react(entries: readonly Entry[], depth: number): Refusal | undefined {
    for (const entry of entries) {
      for (const policy of this.#rules.policies.get(entry.type) ?? []) {
        const refusal = this.#apply(policy, entry, depth);
        if (refusal !== undefined) return refusal;
      }
    }
    return undefined;
  }

  #apply(policy: Policy, entry: Entry, depth: number): Refusal | undefined {
    const before = { slices: this.#slices, entries: this.#entries };
    if (policy.bestEffort) this.#entries = [...this.#entries];
    for (const intent of policy.react(entry, this.#slices)) {
      const refusal = this.run(intent, policy.name, depth);
      if (refusal === undefined) continue;
      if (!policy.bestEffort) return refusal;
      this.#slices = before.slices;
      this.#entries = before.entries;
      return undefined;
    }
    return undefined;
  }
}
