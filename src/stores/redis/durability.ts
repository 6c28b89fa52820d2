import { type Outcome, ok, type Refusal, refuse } from '../../kernel/errors.ts';

/** What a server says of itself, as far as it says it. */
export interface ServerReport {
  /** The answer to INFO, empty where it was refused. */
  readonly info: string;
  /** The answer to CONFIG GET of `settingsAsked`, undefined where it was refused. */
  readonly settings: ReadonlyMap<string, string> | undefined;
}

export const settingsAsked = [
  'appendonly',
  'appendfsync',
  'no-appendfsync-on-rewrite',
  'maxmemory-policy',
] as const;

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
  const version = said.get('redis_version');
  if (version !== undefined && !(Number.parseInt(version, 10) >= versionMin)) {
    return unfit(place, `is version ${version}`, `Redis ${versionMin} or Valkey is needed.`);
  }
  if (said.get('loading') === '1') return 'wait';
  const eviction = evictionOf(said, settings);
  if (eviction !== 'none' && eviction !== 'unsaid') return evicts(place, eviction.policy);
  // Just switched on, the log of all writes counts only from the moment when its first part is complete.
  const rewriting = said.get('aof_rewrite_in_progress') === '1' || said.get('aof_rewrite_scheduled') === '1';
  if (said.get('aof_enabled') === '1' && rewriting && Number(said.get('aof_base_size') ?? 0) === 0) {
    return 'wait';
  }
  const loss = lossOf(said, settings) ?? silenceOf(said, eviction);
  if (loss === undefined) return ok({ lossWindow: undefined });
  return acceptDataLossWindow ? ok({ lossWindow: loss.window }) : tooWeak(place, loss);
};

interface Loss {
  /** What the server does, or does not say. */
  readonly because: string;
  /** What may be lost, and by what. */
  readonly window: string;
  /** The settings that it is known to need. */
  readonly wanted: readonly string[];
  /** It has to say more before anybody can know what else it needs. */
  readonly silent?: true;
}

type Settings = ReadonlyMap<string, string> | undefined;

const always = ['appendonly yes', 'appendfsync always', 'no-appendfsync-on-rewrite no'] as const;

const lossOf = (said: ReadonlyMap<string, string>, settings: Settings): Loss | undefined => {
  const [log, sync, whileRewriting] = always;
  if (said.get('aof_enabled') === '0' || settings?.get('appendonly') === 'no') {
    return {
      because: 'appendonly is no',
      window: 'everything since the last snapshot of the server, if it stops (appendonly no)',
      wanted: settings?.get('appendfsync') === 'always' ? [log] : [log, sync],
      ...(settings === undefined && { silent: true }),
    };
  }
  const appendfsync = settings?.get('appendfsync');
  if (appendfsync === undefined) {
    return {
      because: 'the server does not say how it keeps what it acknowledges (CONFIG GET is refused)',
      window: 'unknown: the server does not say how it keeps what it acknowledges',
      wanted: [],
      silent: true,
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
  const unsynced = settings?.get('no-appendfsync-on-rewrite') ?? 'not said';
  if (unsynced !== 'no') {
    return {
      because: `no-appendfsync-on-rewrite is ${unsynced}`,
      window: `what was acknowledged while the server rewrote its log, if it loses power then (no-appendfsync-on-rewrite ${unsynced})`,
      wanted: [whileRewriting],
    };
  }
  return undefined;
};

/** What it does not say could be anything. */
const silenceOf = (said: ReadonlyMap<string, string>, eviction: Eviction): Loss | undefined => {
  const silence = [
    { isSaid: said.has('redis_version'), what: 'how it is', question: 'INFO' },
    { isSaid: said.has('aof_enabled'), what: 'whether it logs each change', question: 'INFO persistence' },
    {
      isSaid: eviction !== 'unsaid',
      what: 'whether it deletes keys when its memory is full',
      question: 'CONFIG GET maxmemory-policy',
    },
  ].find(({ isSaid }) => !isSaid);
  if (silence === undefined) return undefined;
  const { what, question } = silence;
  return {
    because: `the server does not say ${what} (${question} is refused)`,
    window: `unknown: the server does not say ${what}`,
    wanted: [],
    silent: true,
  };
};

const tooWeak = (place: string, { because, window, wanted, silent }: Loss): Refusal => {
  const steps = [wanted.length > 0 && toSet(wanted), silent && letAsk, 'Then try again'];
  const refusal = unfit(
    place,
    `may lose what it has acknowledged, for ${because}; so it cannot keep the only copy of a journal`,
    `${steps.filter(Boolean).join('. ')}. ${acceptFlag} accepts the loss (${window}) instead.`,
  );
  return { ...refusal, details: { ...refusal.details, loss_window: window } };
};

const letAsk =
  'Let this user ask: "ACL SETUSER <user> +info +config|get"; the server may have neither renamed (rename-command)';

const toSet = (settings: readonly string[]): string =>
  `Set ${settings.map((setting) => `"CONFIG SET ${setting}"`).join(' and ')}, and in redis.conf ${settings
    .map((setting) => `"${setting}"`)
    .join(' and ')}`;

/** What a server that is full does to make room. It may be without a limit now and get one at any moment. */
type Eviction = 'none' | 'unsaid' | { readonly policy: string };

const keeping = 'noeviction';

const evictionOf = (said: ReadonlyMap<string, string>, settings: Settings): Eviction => {
  const policy = settings?.get('maxmemory-policy') ?? said.get('maxmemory_policy');
  if (policy === keeping) return 'none';
  return policy === undefined ? 'unsaid' : { policy };
};

/** What the server throws away to make room is gone, of a journal as of anything else. */
const evicts = (place: string, policy: string): Refusal =>
  unfit(
    place,
    `deletes keys when it has come to its maxmemory (maxmemory-policy ${policy}), and journals with them`,
    `${toSet([`maxmemory-policy ${keeping}`])}. Then try again.`,
  );

const unfit = (place: string, what: string, advice: string): Refusal =>
  refuse('invalid_state', `Redis (${place}) ${what}. ${advice}`, { place });

const parseInfo = (info: string): ReadonlyMap<string, string> =>
  new Map(
    info.split('\r\n').flatMap((line): readonly [string, string][] => {
      const colon = line.indexOf(':');
      return colon < 1 ? [] : [[line.slice(0, colon), line.slice(colon + 1)]];
    }),
  );
