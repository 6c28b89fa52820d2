import { type BigIntStats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { type FileIdentity, fileIdentity, sameFile } from './inspect.ts';

export interface Place {
  readonly path: string;
  readonly file: FileIdentity;
}

/**
 * A change of the directory that is younger than this when it is looked at may hide another one behind it: without
 * Linux 6.13 two changes within one tick of the kernel's clock (10 ms at most) leave the same times.
 */
const settledMs = 50;
/** The same for file systems that keep whole seconds, or every other one. */
const settledWholeMs = 2_500;

/**
 * Files of one directory that must stay where they are. Asking for the times of a file makes Linux (from 6.13) give it
 * new ones with its next write, which then have to be synced as well: asking before each commit makes a commit cost
 * half as much again. So what is asked each time is the directory, whose times say whether any name in it was given
 * away, and the files only after that.
 */
export class Places {
  readonly #directory: string;
  readonly #places: readonly Place[];
  /** How the directory looked when all files were last found in it; undefined while that proves nothing. */
  #settled: BigIntStats | undefined;

  constructor(places: readonly [Place, ...Place[]]) {
    this.#directory = dirname(places[0].path);
    this.#places = places;
  }

  /** The first file that is gone, or another one by now. */
  lost(): Place | undefined {
    const directory = statSync(this.#directory, { bigint: true, throwIfNoEntry: false });
    if (directory !== undefined && this.#settled !== undefined && unchanged(this.#settled, directory))
      return undefined;
    const lost = this.#places.find((place) => !sameFile(place.file, fileIdentity(place.path)));
    this.#settled =
      lost === undefined && directory !== undefined && isSettled(directory) ? directory : undefined;
    return lost;
  }
}

const unchanged = (a: BigIntStats, b: BigIntStats): boolean =>
  a.ino === b.ino && a.dev === b.dev && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;

/** One that changes in the future, by the clock of its file system, is never settled. */
const isSettled = ({ mtimeNs, ctimeNs }: BigIntStats): boolean => {
  const changedNs = mtimeNs > ctimeNs ? mtimeNs : ctimeNs;
  const restMs = changedNs % nsPerSecond === 0n ? settledWholeMs : settledMs;
  return Number(changedNs / nsPerMs) + restMs < Date.now();
};

const nsPerMs = 1_000_000n;
const nsPerSecond = 1_000n * nsPerMs;
