import type { Outcome } from '../../kernel/errors.ts';
import type { ProfileName } from '../../areas/access/limits.ts';
import type { Listen } from '../../surfaces/http/listen.ts';
import type { Secret } from '../secrets/secret.ts';
import type { logLevels } from './keys.ts';
import type { LockTtls } from './lock-ttls.ts';
import type { OAuthSettings } from './oauth.ts';
import type { StoreSettings } from './store.ts';
import type { WebSettings } from './web.ts';

type LogLevel = (typeof logLevels)[number];

/** What a process is told from outside. */
export interface Settings {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly listen: Listen;
  /** Whether a hub asks who calls. */
  readonly auth: boolean;
  /** How many calls a minute everybody may make, while nothing else was set. */
  readonly rateLimits: ProfileName;
  readonly web: WebSettings;
  readonly store: StoreSettings;
  /** The keys of what is stored, when any were given. */
  readonly encryptionKey: Secret | undefined;
  /** The workspace of calls that name none, when that was said. */
  readonly workspace: string | undefined;
  /** The name of an agent that starts without one. */
  readonly agent: string | undefined;
  /** Which tools a stdio process shows; the default of the workspace when absent. */
  readonly mode: string | undefined;
  /** A hub to use, instead of finding one or opening the journals. */
  readonly url: string | undefined;
  /** What shows a hub who calls, when that was given. */
  readonly token: Secret | undefined;
  /** Whose tokens let in besides the hub's own; undefined = nobody's. Refused when it is said in part: only a hub needs it. */
  readonly oauth: Outcome<OAuthSettings | undefined>;
  readonly lockTtls: LockTtls;
  readonly logLevel: LogLevel;
  /** Whether errors are told with where in the program they come from. */
  readonly debug: boolean;
  /** Where traces go; nothing is traced when absent. */
  readonly otelEndpoint: string | undefined;
}
