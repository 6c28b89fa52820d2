import type { Clock } from '../../engine/clock.ts';
import { hourMs } from '../../kernel/instants.ts';
import type { Standing } from '../../kernel/operation.ts';

/** Timers know no longer delays than some weeks, and what was good may be good for longer meanwhile. */
const looksEveryMs = hourMs;

interface Watcher {
  readonly leftMs: () => number;
  readonly ended: () => void;
  cancel: (() => void) | undefined;
}

/** AC39: tells those who keep something open when what they came in with is good no longer. */
export class Standings {
  readonly #clock: Pick<Clock, 'after'>;
  readonly #watchers = new Set<Watcher>();

  constructor(clock: Pick<Clock, 'after'>) {
    this.#clock = clock;
  }

  /**
   * @param leftMs - for how many milliseconds it will be good as far as is known now; 0 or less = no longer.
   * @param behind - what it is good no longer than.
   */
  of(leftMs: () => number, behind?: Standing): Standing {
    const both = behind === undefined ? leftMs : (): number => Math.min(leftMs(), behind.leftMs());
    return { leftMs: both, watch: (ended) => this.#watch(both, ended, behind) };
  }

  /** Something has happened by which some may be good no longer. */
  look(): void {
    for (const watcher of this.#watchers) this.#lookAt(watcher);
  }

  #watch(leftMs: () => number, ended: () => void, behind: Standing | undefined): () => void {
    const watcher: Watcher = { leftMs, ended, cancel: undefined };
    this.#watchers.add(watcher);
    const leave = behind?.watch(() => this.#lookAt(watcher));
    this.#lookAt(watcher);
    return () => {
      leave?.();
      watcher.cancel?.();
      this.#watchers.delete(watcher);
    };
  }

  #lookAt(watcher: Watcher): void {
    if (!this.#watchers.has(watcher)) return;
    watcher.cancel?.();
    watcher.cancel = undefined;
    const leftMs = watcher.leftMs();
    if (leftMs <= 0) {
      this.#watchers.delete(watcher);
      watcher.ended();
    } else if (leftMs < Infinity) {
      const waitMs = Math.ceil(Math.min(leftMs, looksEveryMs));
      watcher.cancel = this.#clock.after(waitMs, () => this.#lookAt(watcher));
    }
  }
}

const ending: ReadonlySet<string> = new Set([
  'access.token_revoked',
  'access.token_refreshed',
  'access.principal_removed',
  'access.enabled',
]);

/** Whether one of these entries may have ended what somebody came in with. */
export const mayEnd = (entries: readonly { readonly type: string }[]): boolean =>
  entries.some(({ type }) => ending.has(type));
