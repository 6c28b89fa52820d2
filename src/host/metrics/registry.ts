import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { MetricsPage } from '../../surfaces/hub.ts';
import { type MetricName, definitions } from './definitions.ts';
import type { Distribution } from './distribution.ts';
import type { Meter } from './meter.ts';
import type { Standing } from './standing.ts';

type Labels = Readonly<Record<string, string>>;
type Values = readonly (readonly [Labels, number])[];
type Distributions = readonly (readonly [Labels, Distribution])[];

export interface Measuring {
  readonly meter: Meter;
  /** How the journals that are open stand now. */
  readonly standings: () => Promise<readonly Standing[]>;
  readonly version: string;
  readonly store: string;
}

/** What a hub measures, for Prometheus to read. It is asked for at that moment; nothing is counted here. */
export class Metrics {
  readonly #registry = new Registry();
  readonly #measuring: Measuring;
  /** Of the reading under way. */
  #standings: readonly Standing[] = [];

  constructor(measuring: Measuring) {
    this.#measuring = measuring;
    this.#ofCalls();
    this.#ofAppends();
    this.#ofWorkspaces();
    collectDefaultMetrics({ register: this.#registry, prefix: 'signalbox_' });
  }

  async read(): Promise<MetricsPage> {
    this.#standings = await this.#measuring.standings();
    return { type: this.#registry.contentType, text: withoutUnmeasured(await this.#registry.metrics()) };
  }

  #ofCalls(): void {
    const { meter } = this.#measuring;
    this.#distributed('signalbox_call_duration_seconds', () =>
      [...meter.calls()].map(([operation, code, times]) => [{ operation, code }, times]),
    );
    this.#counted('signalbox_calls_repeated_total', () => [[{}, meter.callsRepeated]]);
    this.#counted('signalbox_rate_limited_total', () =>
      [...meter.rateLimited].map(([name, count]) => [{ class: name }, count]),
    );
    this.#counted('signalbox_access_denied_total', () => [
      [{ who: 'known' }, meter.denied.known],
      [{ who: 'unknown' }, meter.denied.unknown],
    ]);
    this.#counted('signalbox_resumes_total', () => [
      [{ what: 'session' }, meter.resumed.session],
      [{ what: 'events' }, meter.resumed.events],
    ]);
  }

  #ofAppends(): void {
    const { meter } = this.#measuring;
    const ended = (kind: 'moved' | 'unknown'): Values => [
      [{}, meter.appendTimes.get(kind)?.cumulated().at(-1) ?? 0],
    ];
    this.#distributed('signalbox_append_duration_seconds', () =>
      [...meter.appendTimes].map(([outcome, times]) => [{ outcome }, times]),
    );
    this.#counted('signalbox_append_conflicts_total', () => ended('moved'));
    this.#counted('signalbox_append_unknown_total', () => ended('unknown'));
    this.#counted('signalbox_decided_again_total', () => [[{}, meter.callsDecidedAgain]]);
    this.#distributed('signalbox_batch_entries', () => [[{}, meter.batchEntries]]);
    this.#distributed('signalbox_batch_calls', () => [[{}, meter.batchCalls]]);
    this.#gauged('signalbox_queued_calls', () => [[{}, meter.load().queued]]);
    this.#gauged('signalbox_unanswered_calls', () => [[{}, meter.load().unanswered]]);
  }

  #ofWorkspaces(): void {
    const { version, store } = this.#measuring;
    const each = (of: (standing: Standing) => number): Values =>
      this.#standings.map((standing) => [{ workspace: standing.workspace }, of(standing)]);
    this.#gauged('signalbox_waits_open', () => each(({ waits }) => waits));
    this.#gauged('signalbox_lock_queue_requests', () => each(({ lockQueue }) => lockQueue.requests));
    this.#gauged('signalbox_lock_queue_oldest_seconds', () =>
      each(({ lockQueue }) => lockQueue.oldestSeconds),
    );
    this.#gauged('signalbox_ready_tasks', () => each(({ readyTasks }) => readyTasks));
    this.#gauged('signalbox_journal_entries', () => each(({ entries }) => entries));
    this.#gauged('signalbox_store_writable', () => each(({ writable }) => (writable ? 1 : 0)));
    this.#gauged('signalbox_archives_readable', () => each(({ archivesFound }) => (archivesFound ? 1 : 0)));
    this.#gauged('signalbox_follower_behind_entries', () =>
      this.#standings.flatMap(({ workspace, lags }) =>
        lags.map(({ follower, entries }) => [{ workspace, follower }, entries] as const),
      ),
    );
    this.#gauged('signalbox_follower_lag_seconds', () =>
      this.#standings.flatMap(({ workspace, lags }) =>
        lags.flatMap(({ follower, seconds }) =>
          seconds === undefined ? [] : [[{ workspace, follower }, seconds] as const],
        ),
      ),
    );
    this.#gauged('signalbox_info', () => [[{ version, store }, 1]]);
  }

  #counted(name: MetricName, read: () => Values): void {
    const counter = new Counter({
      ...this.#about(name),
      collect: () => {
        counter.reset();
        for (const [labels, value] of read()) counter.inc(labels, value);
      },
    });
  }

  #gauged(name: MetricName, read: () => Values): void {
    const gauge = new Gauge({
      ...this.#about(name),
      collect: () => {
        gauge.reset();
        for (const [labels, value] of read()) gauge.set(labels, value);
      },
    });
  }

  #distributed(name: MetricName, read: () => Distributions): void {
    this.#registry.registerMetric(new ReadHistogram(this.#about(name), read));
  }

  #about(name: MetricName) {
    const { help, labels } = definitions[name];
    return { name, help, labelNames: [...labels], registers: [this.#registry] };
  }
}

/** Where the delay of the event loop was not measured yet, prom-client says the bounds of an empty histogram. */
const withoutUnmeasured = (text: string): string =>
  /^signalbox_nodejs_eventloop_lag_mean_seconds nan$/im.test(text)
    ? text.replaceAll(/^signalbox_nodejs_eventloop_lag_(?:m\w+|stddev|p\d+)_seconds .*\n/gm, '')
    : text;

interface About {
  readonly name: string;
  readonly help: string;
  readonly labelNames: string[];
}

/** A histogram of what was counted elsewhere: in one of prom-client's own a value costs 0.4 µs, and there 0.01. */
class ReadHistogram extends Histogram {
  readonly #name: string;
  readonly #read: () => Distributions;
  /** Says what a histogram says of itself. */
  readonly #empty: Histogram;

  constructor(about: About, read: () => Distributions) {
    super({ ...about, registers: [] });
    this.#empty = new Histogram({ ...about, registers: [] });
    this.#name = about.name;
    this.#read = read;
  }

  override async get() {
    const values = this.#read().flatMap(([labels, distribution]) => this.#valuesOf(labels, distribution));
    return { ...(await this.#empty.get()), values };
  }

  /** What prom-client's registry asks a histogram for when it writes text. */
  getForPromString() {
    return this.get();
  }

  #valuesOf(labels: Labels, { bounds, sum, cumulated }: Distribution) {
    const counts = cumulated();
    const steps = counts.map((value, i) => ({
      metricName: `${this.#name}_bucket`,
      labels: { ...labels, le: bounds[i] ?? '+Inf' },
      value,
    }));
    return [
      ...steps,
      { metricName: `${this.#name}_sum`, labels, value: sum },
      { metricName: `${this.#name}_count`, labels, value: counts.at(-1) ?? 0 },
    ];
  }
}
