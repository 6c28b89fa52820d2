/** What has to hold, by the name under which reports count it. */
export const invariants = [
  'nothing stored is gone',
  'the chain fits',
  'time never goes back',
  'units are whole',
  'no request is done twice',
  'what was answered is stored',
  'what was refused is not stored',
  'repeats are answered alike',
  'one holder per lock',
  'locks are granted in order',
  'whose turn it is has it',
  'locks do not end too early',
  'one holder per task',
  'epochs only grow',
  'only ready tasks are taken',
  'WIP limits hold',
  'only holders change what they hold',
  'an ended session holds nothing',
  'cursors only move forward',
  'messages arrive whole and reach their recipients',
  'no wait hangs past its limit',
  'whoever is rung wakes',
  'hubs agree',
  'replay equals live',
  'a snapshot is the whole state',
  'a torn batch is refused',
  'nothing is a defect',
] as const;

export type Invariant = (typeof invariants)[number];

/** Counts what is checked, and passes on what does not hold. */
export class Checks {
  readonly made = new Map<Invariant, number>();
  readonly #fail: (what: string) => void;

  constructor(fail: (what: string) => void) {
    this.#fail = fail;
  }

  /** It holds, or else the world ends with these words. */
  holds(invariant: Invariant, does: boolean, otherwise: () => string): void {
    this.made.set(invariant, (this.made.get(invariant) ?? 0) + 1);
    if (!does) this.#fail(`${invariant}: ${otherwise()}`);
  }
}
