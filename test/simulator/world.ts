import type { AppendOutcome, AppendRequest, JournalIdentity, StoredRow } from '../../src/journal/store.ts';
import type { Checks } from './ledger/checks.ts';
import type { Random } from './random.ts';
import type { Life, Timeline } from './timeline.ts';

/** What can go wrong, by kind. */
export const faultKinds = [
  'crash before commit',
  'crash after commit',
  'crash at any time',
  'orderly restart',
  'reply lost, stored',
  'reply lost, not stored',
  'stored after the reply was lost',
  'disk full',
  'reply to an agent lost',
  'call made twice',
  'call made again',
  'partition',
  'slow disk',
  'stalled process',
  'wall clock set',
  'uneven clock rate',
  'all machines sleep',
  'torn write',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** How a store breaks its word that a batch is stored whole or not at all: half a row, a gap, half a unit. */
export const tears = ['cut', 'hole', 'short'] as const;
export type Tear = (typeof tears)[number];

/** Breaks the disk's word, and mends it. */
export interface Tearing {
  /** A torn batch stands at the end of the journal. */
  readonly torn: boolean;
  /** What a batch leaves behind whose writer dies meanwhile. */
  readonly tear: (request: AppendRequest) => void;
  readonly mend: () => void;
}

/** What the journal is kept on. Only what `rows` holds is durable. */
export interface Disk {
  readonly identity: JournalIdentity;
  readonly rows: readonly StoredRow[];
  readonly append: (request: AppendRequest) => AppendOutcome;
  /** Leaves a batch behind in part that was being written when its writer died; false where that leaves nothing. */
  readonly tear: (request: AppendRequest, tear: Tear) => boolean;
  /** Takes away what was torn. */
  readonly mend: () => void;
  /** What a crash of a hub's machine takes with it. */
  readonly crashed: () => void;
}

/** How likely each fault is in this world; 0 for most, so that each has worlds to itself. */
export type Weather = Readonly<Record<FaultKind, number>>;

/** What all who live in it share. */
export interface World {
  readonly seed: number;
  readonly random: Random;
  readonly timeline: Timeline;
  readonly disk: Disk;
  /** Of the network and the disk, which never die. */
  readonly nature: Life;
  readonly weather: Weather;
  /** Hubs are told of what others store. */
  readonly rings: boolean;
  /** Until when appends take long. */
  slowUntil: number;
  /** No more faults: all that is under way is to come to its end. */
  healed: boolean;
  /** Notes that a fault has happened. */
  readonly struck: (kind: FaultKind, whom: string) => void;
  /** For whoever reads what happened; the text is made only then. */
  readonly note: (text: () => string) => void;
  readonly checks: Checks;
  /** An invariant does not hold. The first counts. */
  readonly fail: (what: string) => void;
  readonly tearing: Tearing;
  /** Called after something was stored. */
  readonly stored: () => void;
}
