import { minuteMs, secondMs } from '../../kernel/instants.ts';
import { networkOf } from '../../surfaces/http/network.ts';

export { networkOf };

/** How many requests without valid credentials one network may send in a minute before it is told to wait. */
const failuresMax = 20;
/** How many networks are remembered; the one that failed longest ago makes room. */
const networksMax = 10_000;

interface Count {
  readonly beganAt: number;
  failures: number;
}

/**
 * Counts failed authentications by network, in memory: nobody can fill a disk with them. Only who fails waits, so that
 * whoever has good credentials is never kept out by others of the same network.
 */
export class AuthFailures {
  readonly #now: () => number;
  readonly #counts = new Map<string, Count>();

  /** @param now - monotonic, in milliseconds. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Somebody failed. After how many seconds they may try again; undefined while they may at once. */
  add(remote: string | undefined): number | undefined {
    const network = networkOf(remote);
    const now = this.#now();
    const known = this.#counts.get(network);
    const count =
      known !== undefined && now - known.beganAt < minuteMs ? known : { beganAt: now, failures: 0 };
    count.failures += 1;
    // Behind all others: what stands first has failed longest ago.
    this.#counts.delete(network);
    this.#counts.set(network, count);
    this.#makeRoom();
    return waitOf(count, now);
  }

  /** After how many seconds they may fail again; undefined while they may at once. */
  waits(remote: string | undefined): number | undefined {
    const count = this.#counts.get(networkOf(remote));
    const now = this.#now();
    return count !== undefined && now - count.beganAt < minuteMs ? waitOf(count, now) : undefined;
  }

  #makeRoom(): void {
    const [oldest] = this.#counts.keys();
    if (this.#counts.size > networksMax && oldest !== undefined) this.#counts.delete(oldest);
  }
}

const waitOf = ({ beganAt, failures }: Count, now: number): number | undefined =>
  failures > failuresMax ? Math.max(1, Math.ceil((beganAt + minuteMs - now) / secondMs)) : undefined;
