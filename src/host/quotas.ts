import type { Workspace } from '../areas/workspaces/model.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';
import { type Instant, minuteMs, secondMs } from '../kernel/instants.ts';

interface Window {
  readonly beganAt: Instant;
  writes: number;
}

/**
 * WO15, WO16: keeps each workspace within its quota. Writes are counted in this process, in fixed windows of a minute: of
 * several hubs on one data directory each counts its own.
 */
export class Quotas {
  readonly #windows = new Map<string, Window>();

  /** Why a call that may write is not to be made now; otherwise it counts. `bytes`: what its journal takes now, asked only where that is limited. */
  refuse(
    workspace: Workspace,
    now: Instant,
    bytes: () => Promise<number>,
  ): Refusal | undefined | Promise<Refusal | undefined> {
    const { bytesMax } = workspace.quota;
    return bytesMax === undefined
      ? this.#refuseMore(workspace, now)
      : bytes().then((taken) =>
          taken >= bytesMax ? full(workspace.name, { taken, bytesMax }) : this.#refuseMore(workspace, now),
        );
  }

  #refuseMore({ name, file, quota }: Workspace, now: Instant): Refusal | undefined {
    const { writesPerMinute } = quota;
    if (writesPerMinute === undefined) return undefined;
    const known = this.#windows.get(file);
    const window =
      known !== undefined && now - known.beganAt < minuteMs ? known : { beganAt: now, writes: 0 };
    this.#windows.set(file, window);
    if (window.writes >= writesPerMinute) {
      const seconds = Math.max(1, Math.ceil((window.beganAt + minuteMs - now) / secondMs));
      return tooFast(name, { writesPerMinute, seconds });
    }
    window.writes += 1;
    return undefined;
  }
}

const raise = (name: string, flag: string): string =>
  `ask an admin of this hub to raise it: signalbox workspace quota ${name} --${flag}`;

const full = (
  name: string,
  { taken, bytesMax }: { readonly taken: number; readonly bytesMax: number },
): Refusal =>
  refuse(
    'limit_exceeded',
    `The journal of workspace "${name}" takes ${taken} bytes, and its quota (bytes_max) is ${bytesMax}. Nothing was stored. Reading goes on; to write, ${raise(name, 'bytes-max')}.`,
    { quota: 'bytes_max', bytes: taken, bytes_max: bytesMax },
  );

const tooFast = (
  name: string,
  { writesPerMinute, seconds }: { readonly writesPerMinute: number; readonly seconds: number },
): Refusal =>
  refuse(
    'rate_limited',
    `Workspace "${name}" has had the ${writesPerMinute} writes of this minute that its quota (writes_per_minute) allows to all who work in it. Nothing was stored. Wait ${seconds} s, or ${raise(name, 'writes-per-minute')}.`,
    { quota: 'writes_per_minute', writes_per_minute: writesPerMinute, retry_after_s: seconds },
  );
