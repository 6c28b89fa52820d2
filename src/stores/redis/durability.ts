import { type Outcome, ok, type Refusal, refuse } from '../../kernel/errors.ts';

/** What a server says of itself, as far as it says it. */
export interface ServerReport {
  /** The answer to INFO, empty where it was refused. */
  readonly info: string;
  /** The answer to CONFIG GET of `settingsAsked`, undefined where it was refused. */
  readonly settings: ReadonlyMap<string, string> | undefined;
}

export const settingsAsked = ['appendonly', 'appendfsync', 'no-appendfsync-on-rewrite'] as const;

/** What may be lost of what the server acknowledged; undefined = nothing. */
export interface Durability {
  readonly lossWindow: string | undefined;
}

const versionMin = 7;

/** What must be said on the line to go on all the same. */
const acceptFlag = '--accept-data-loss-window';

/** Whether the server may have the only copy of a journal. `wait` while it cannot say yet. */
export const judge = (
  place: string,
  { info, settings }: ServerReport,
  acceptDataLossWindow: boolean,
): Outcome<Durability> | 'wait' => {
  const said = parseInfo(info);
  const version = said.get('redis_version') ?? '';
  if (Number.parseInt(version, 10) < versionMin) {
    return unfit(place, `is version ${version}`, `Redis ${versionMin} or Valkey is needed.`);
  }
  if (said.get('loading') === '1') return 'wait';
  const eviction = evictionOf(place, said);
  if (eviction !== undefined) return eviction;
  // Just switched on, the log of all writes counts only from the moment when its first part is complete.
  const rewriting = said.get('aof_rewrite_in_progress') === '1' || said.get('aof_rewrite_scheduled') === '1';
  if (said.get('aof_enabled') === '1' && rewriting && Number(said.get('aof_base_size') ?? 0) === 0) {
    return 'wait';
  }
  const loss = lossOf(said, settings);
  if (loss === undefined) return ok({ lossWindow: undefined });
  return acceptDataLossWindow ? ok({ lossWindow: loss.window }) : tooWeak(place, loss);
};

interface Loss {
  /** What the server does, or does not say. */
  readonly because: string;
  /** What may be lost, and by what. */
  readonly window: string;
  readonly wanted: readonly string[];
}

const always = ['appendonly yes', 'appendfsync always', 'no-appendfsync-on-rewrite no'] as const;

const lossOf = (
  said: ReadonlyMap<string, string>,
  settings: ReadonlyMap<string, string> | undefined,
): Loss | undefined => {
  const [log, sync, whileRewriting] = always;
  if (said.get('aof_enabled') === '0' || settings?.get('appendonly') === 'no') {
    return {
      because: 'appendonly is no',
      window: 'everything since the last snapshot of the server, if it stops (appendonly no)',
      wanted: settings?.get('appendfsync') === 'always' ? [log] : [log, sync],
    };
  }
  const appendfsync = settings?.get('appendfsync');
  if (appendfsync === undefined) {
    return {
      because: 'the server does not say how it keeps what it acknowledges (CONFIG GET is refused)',
      window: 'unknown: the server does not say how it keeps what it acknowledges',
      wanted: [log, sync],
    };
  }
  if (appendfsync !== 'always') {
    const size = appendfsync === 'everysec' ? 'about 1 s' : 'some 30 s or more';
    return {
      because: `appendfsync is ${appendfsync}`,
      window: `${size} of acknowledged changes, if the server loses power (appendfsync ${appendfsync})`,
      wanted: [sync],
    };
  }
  if (settings?.get('no-appendfsync-on-rewrite') === 'yes') {
    return {
      because: 'no-appendfsync-on-rewrite is yes',
      window:
        'what was acknowledged while the server rewrote its log, if it loses power then (no-appendfsync-on-rewrite yes)',
      wanted: [whileRewriting],
    };
  }
  return undefined;
};

const tooWeak = (place: string, { because, window, wanted }: Loss): Refusal =>
  unfit(
    place,
    `may lose what it has acknowledged, for ${because}; so it cannot keep the only copy of a journal`,
    `Set ${wanted.map((setting) => `"CONFIG SET ${setting}"`).join(' and ')}, and in redis.conf ${wanted
      .map((setting) => `"${setting}"`)
      .join(' and ')}, and start again. ${acceptFlag} accepts the loss (${window}) instead.`,
  );

/** What the server throws away to make room is gone, of a journal as of anything else. */
const evictionOf = (place: string, said: ReadonlyMap<string, string>): Refusal | undefined => {
  const policy = said.get('maxmemory_policy') ?? 'noeviction';
  if (Number(said.get('maxmemory') ?? 0) === 0 || policy === 'noeviction') return undefined;
  return unfit(
    place,
    `deletes keys when its memory is full (maxmemory-policy ${policy}), and journals with them`,
    'Set "CONFIG SET maxmemory-policy noeviction", and in redis.conf "maxmemory-policy noeviction", and start again.',
  );
};

const unfit = (place: string, what: string, advice: string): Refusal =>
  refuse('invalid_state', `Redis (${place}) ${what}. ${advice}`, { place });

const parseInfo = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info.split('\r\n').flatMap((line): readonly [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
