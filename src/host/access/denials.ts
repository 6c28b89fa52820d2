import { isIPv4 } from 'node:net';
import { accessIntent } from '../../areas/access/decide/index.ts';
import type { Denial } from '../../areas/access/model.ts';
import type { Clock } from '../../engine/clock.ts';
import type { Engine } from '../../engine/engine.ts';
import type { Log } from '../../engine/log.ts';
import { systemActor } from '../../kernel/entry.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { minuteMs } from '../../kernel/instants.ts';
import { isName } from '../../kernel/names.ts';
import type { Caller } from '../../kernel/operation.ts';
import { networkOf } from './failures.ts';

/** How many entries a minute has of those who are known, of one of them, and of networks. */
export const knownMax = 256;
export const knownOfOneMax = 64;
export const networksMax = 16;

type Counted = Omit<Denial, 'count' | 'workspace'> & { workspace?: string; count: number };

/** One kind of those that are denied, and how many entries it may fill in a minute. */
interface Kept {
  readonly max: number;
  readonly rows: Map<string, Counted>;
}

export interface DenialsOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** Counts each, with no bound to how many. */
  readonly meter?: { readonly denied: Record<'known' | 'unknown', number> };
}

/**
 * AC31, AC32: counts in memory who was denied what, and once a minute has it written into the hub's journal: a bounded
 * number of entries, whoever tries how often, so that nobody can fill a disk with them.
 */
export class Denials {
  readonly #options: DenialsOptions;
  readonly #known: Kept = { max: knownMax, rows: new Map() };
  readonly #networks: Kept = { max: networksMax, rows: new Map() };
  readonly #ofOne = new Map<string, number>();
  #others = 0;
  #engine: Engine | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: DenialsOptions) {
    this.#options = options;
  }

  /** Where it is written from now on; what was counted before comes with the first minute. */
  open(engine: Engine): void {
    this.#engine = engine;
    this.#begin();
  }

  /** Somebody who is known was denied an operation, or another way in, in this workspace if it is in one. */
  readonly known = (
    { principal, token }: Pick<Caller, 'principal' | 'token'>,
    { code }: Refusal,
    { operation, workspace }: { readonly operation: string; readonly workspace: string | undefined },
  ): void => {
    if (this.#options.meter !== undefined) this.#options.meter.denied.known += 1;
    const key = [principal, token ?? '', operation, code].join(' ');
    const said = workspace !== undefined && isName(workspace) ? workspace : undefined;
    const row = this.#known.rows.get(key);
    if (row !== undefined) {
      row.count += 1;
      if (said !== undefined) row.workspace = said;
      return;
    }
    const own = this.#ofOne.get(principal) ?? 0;
    if (own >= knownOfOneMax) return this.#addOther();
    const added = this.#add(this.#known, key, {
      principal,
      ...(token !== undefined && { token }),
      operation,
      ...(said !== undefined && { workspace: said }),
      code,
    });
    if (added) this.#ofOne.set(principal, own + 1);
  };

  /** Somebody at this address showed nothing that lets them in. `token`: the public id, when it was one that is over. */
  readonly unknown = (remote: string | undefined, token: string | undefined): void => {
    if (this.#options.meter !== undefined) this.#options.meter.denied.unknown += 1;
    const network = prefixOf(remote);
    const key = [network, token ?? ''].join(' ');
    const row = this.#networks.rows.get(key);
    if (row !== undefined) row.count += 1;
    else
      this.#add(this.#networks, key, {
        network,
        ...(token !== undefined && { token }),
        code: 'unauthenticated',
      });
  };

  /** Writes down what was counted. Called when the hub stops, and once a minute while anybody is denied anything. */
  readonly flush = async (): Promise<void> => {
    this.#cancel?.();
    this.#cancel = undefined;
    if (this.#engine === undefined) return;
    const denials: Denial[] = [...this.#known.rows.values(), ...this.#networks.rows.values()];
    if (this.#others > 0) denials.push({ code: 'others', count: this.#others });
    this.#known.rows.clear();
    this.#networks.rows.clear();
    this.#ofOne.clear();
    this.#others = 0;
    if (denials.length === 0) return;
    const written = await this.#engine.report('access', accessIntent({ type: 'deny', denials }), systemActor);
    if (!written.ok) this.#options.log.warn(`who was denied access is not written down: ${written.message}`);
  };

  #add({ rows, max }: Kept, key: string, denial: Omit<Denial, 'count'>): boolean {
    if (rows.size >= max) {
      this.#addOther();
      return false;
    }
    rows.set(key, { ...denial, count: 1 });
    this.#begin();
    return true;
  }

  #addOther(): void {
    this.#others += 1;
    this.#begin();
  }

  #begin(): void {
    this.#cancel ??= this.#options.clock.after(minuteMs, () => {
      this.#cancel = undefined;
      this.flush().catch((thrown: unknown) =>
        this.#options.log.error('noting who was denied access failed', thrown),
      );
    });
  }
}

/** Whoever has one address of a network may have the others: of version 4 the last byte is left out. */
const prefixOf = (remote: string | undefined): string => {
  const network = networkOf(remote);
  return isIPv4(network) ? `${network.slice(0, network.lastIndexOf('.'))}.0/24` : network;
};
