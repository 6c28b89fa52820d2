import { z } from 'zod';
import type { SeenEntry } from '../../../kernel/area.ts';
import type { Seq } from '../../../kernel/entry.ts';
import { ok } from '../../../kernel/errors.ts';
import { dayMs, hourMs, instantOf, isoTime } from '../../../kernel/instants.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { mailLeftOut } from '../../../kernel/search.ts';
import { doerOf, hasMail, mayAudit, ofSchema } from '../audit.ts';
import { lastBy, lookBack } from '../looking-back.ts';
import { spanShape } from './span.ts';

/** How many entries one call counts. */
const entriesMax = 10_000;
/** How many rows of each count are shown. */
const rowsMax = 50;

const counts = z.strictObject({
  items: z.array(z.strictObject({ name: z.string(), count: z.number() })),
  others: z.number().optional().describe('entries of what is not listed'),
});

export const auditStats = defineOperation({
  name: 'audit_stats',
  journal: 'workspace',
  orHub: true,
  category: 'audit',
  summary: 'How much was done, by whom, by what and when.',
  description: `Count what was done in a time by operation, agent, type of entry, and hour or day (UTC). One call counts the latest ${entriesMax} entries at most: cut_off.before, passed as before, counts on. What agents write to each other is counted for them alone.`,
  inOurWords: ['cut_off.remark'],
  role: 'reader',
  rate: 'read',
  errors: ['storage_failed'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'The latest entries, by hour', input: {} },
    {
      title: 'A month, by day',
      input: { since: '2031-05-01T00:00:00Z', until: '2031-05-31T23:59:59Z', per: 'day' },
    },
  ],
  input: z.strictObject({
    of: ofSchema,
    ...spanShape,
    per: z.enum(['hour', 'day']).default('hour').meta({ title: 'how times are counted together' }),
    before: z.int().min(1).optional().describe('cut_off.before of the answer before'),
  }),
  output: z.strictObject({
    entries: z.number(),
    operations: counts,
    agents: counts.describe('by principal where there was no agent'),
    types: counts,
    times: counts.describe('the newest first'),
    cut_off: z.strictObject({ before: z.number(), remark: z.string() }).optional(),
    left_out: z.string().optional().describe('what was not counted'),
  }),
  // DE21
  query: (slices, input, { head, actor, seen }) => {
    const since = input.since === undefined ? undefined : instantOf(input.since);
    const until = input.until === undefined ? undefined : instantOf(input.until);
    const last = Math.min(head, (input.before ?? Number.MAX_SAFE_INTEGER) - 1);
    return lastBy(until, last, (from) => {
      const mayKnow = mayAudit(input.of, actor);
      const tally = new Tally(input.per === 'day' ? dayMs : hourMs);
      return lookBack(
        { from, entriesMax },
        (entry) => {
          if (since !== undefined && entry.time < since) return 'end';
          const known = seen(entry);
          if (known !== undefined && mayKnow(known)) tally.add(known);
          return 'on';
        },
        (next) =>
          ok({
            ...tally.view(),
            ...(next > 0 && { cut_off: { before: next + 1, remark: remarkOf(next) } }),
            ...(actor.agent === undefined && hasMail(slices) && { left_out: mailLeftOut }),
          }),
      );
    });
  },
});

const remarkOf = (next: Seq): string =>
  `Entries before ${next + 1} were not counted. Call audit_stats ${JSON.stringify({ before: next + 1 })} for those, with the same times.`;

class Tally {
  readonly #bucketMs: number;
  #entries = 0;
  readonly #operations = new Map<string, number>();
  readonly #agents = new Map<string, number>();
  readonly #types = new Map<string, number>();
  readonly #times = new Map<string, number>();

  constructor(bucketMs: number) {
    this.#bucketMs = bucketMs;
  }

  add(seen: SeenEntry): void {
    const { actor, cause, type, time } = seen.entry;
    this.#entries += 1;
    count(this.#operations, cause.by);
    count(this.#agents, actor.agent ?? doerOf(seen).principal);
    count(this.#types, type);
    count(this.#times, isoTime(time - (time % this.#bucketMs)));
  }

  view() {
    return {
      entries: this.#entries,
      operations: most(this.#operations),
      agents: most(this.#agents),
      types: most(this.#types),
      // Entries come newest first, and so do their times.
      times: listed([...this.#times]),
    };
  }
}

type Counted = readonly [name: string, count: number];

const count = (counted: Map<string, number>, name: string): void => {
  counted.set(name, (counted.get(name) ?? 0) + 1);
};

const most = (counted: ReadonlyMap<string, number>) =>
  listed([...counted].toSorted(([a, x], [b, y]) => y - x || (a < b ? -1 : 1)));

const listed = (rows: readonly Counted[]): z.infer<typeof counts> => {
  const others = rows.slice(rowsMax).reduce((sum, [, some]) => sum + some, 0);
  return {
    items: rows.slice(0, rowsMax).map(([name, some]) => ({ name, count: some })),
    ...(others > 0 && { others }),
  };
};
