import type { EntryOf, Kind, Role, Scope } from '../../kernel/entry.ts';
import type { ErrorCode } from '../../kernel/errors.ts';
import { nameSchema } from '../../kernel/ids.ts';
import type { RateClass } from '../../kernel/rate.ts';
import { type Instant, dayMs } from '../../kernel/instants.ts';
import { ownerPrincipal } from '../../kernel/names.ts';
import { type Table, table } from '../../kernel/table.ts';
import { type WorkspacesSlice, holderOf } from '../workspaces/model.ts';
import { type PerMinute, type ProfileName, type RateSetting, initialRates } from './limits.ts';

declare module '../../kernel/slices.ts' {
  interface Slices {
    readonly access: AccessSlice;
  }
}

declare module '../../kernel/rule-settings.ts' {
  interface RuleSettings {
    readonly access: AccessSettings;
  }
}

/** AC19: what this process does with callers that show nothing. */
export interface AccessSettings {
  /** Whether it was started so that it may let them in. */
  readonly mayBeOpen: boolean;
  /** Whether it lets them in now. */
  readonly isOpen: () => boolean;
}

export const accessSettings: AccessSettings = { mayBeOpen: false, isOpen: () => false };

export const principalNameSchema = nameSchema('A principal name');

export const kinds = ['person', 'agent', 'service'] as const satisfies readonly Kind[];
export const roles = ['reader', 'worker', 'approver', 'admin'] as const satisfies readonly Role[];

/** What stands for all workspaces or all categories. */
export const everything = '*';

/** What the text of every token begins with; the secret follows, 32 bytes in base64url. */
export const tokenPrefix = 'sbx_';

export const principalsMax = 1_000;
export const tokensMax = 10_000;
export const tokensPerPrincipalMax = 200;
/** How many tokens of a principal are remembered that are not good any more. */
export const endedTokensMax = 200;
export const labelCharactersMax = 100;
export const noteCharactersMax = 500;
export const reasonCharactersMax = 500;
export const scopeNamesMax = 100;
export const agentLifeMs = dayMs;
export const lifeSecondsMin = 60;
export const lifeSecondsMax = 3_650 * 24 * 3_600;

/** With this begin the names of whom an identity provider vouches for. */
export const oidcPrefix = 'oidc-';

/** Of the name `system` is what time does. */
export const isReserved = (name: string): boolean =>
  name.toLowerCase() === 'system' || name.toLowerCase().startsWith(oidcPrefix);

export interface Principal {
  readonly name: string;
  readonly kind: Kind;
  readonly role: Role;
  readonly note: string;
  readonly createdAt: Instant;
  readonly createdBy: string;
  readonly removedAt: Instant | undefined;
  readonly number: number;
}

export interface Token {
  /** Public: it may be shown and logged. */
  readonly id: string;
  /** SHA-256 of the secret's bytes, in hex. */
  readonly hash: string;
  readonly principal: string;
  readonly kind: Kind;
  readonly label: string;
  readonly role: Role;
  /** Names, or `everything` alone. */
  readonly workspaces: readonly string[];
  readonly categories: readonly string[];
  /** The only agent that it may speak for. */
  readonly agent: string | undefined;
  readonly createdAt: Instant;
  readonly createdBy: string;
  /** When it got the secret that it has. */
  readonly issuedAt: Instant;
  readonly expiresAt: Instant | undefined;
  readonly lastUsedAt: Instant | undefined;
  readonly revokedAt: Instant | undefined;
  readonly number: number;
}

type TokenOrder = 'all' | 'principal' | 'hash' | 'ending';

/** Only the hub's journal has more in it than the owner. */
export interface AccessSlice {
  readonly principals: Table<Principal, 'all'>;
  readonly tokens: Table<Token, TokenOrder>;
  readonly rates: RateSetting;
  /** AC20: every hub asks who calls, however it was started. */
  readonly enabled: boolean;
}

export const onlyPartition = 'all';
export const openPartition = 'open';

/** Behind every instant; no number, because ranks are compared by their difference. */
const never: Instant = Number.MAX_SAFE_INTEGER;

const owner: Principal = {
  name: ownerPrincipal,
  kind: 'person',
  role: 'admin',
  note: '',
  createdAt: 0,
  createdBy: ownerPrincipal,
  removedAt: undefined,
  number: 0,
};

export const initialAccess: AccessSlice = {
  principals: table<Principal, 'all'>({
    key: ({ name }) => name,
    orders: { all: { partition: () => onlyPartition, rank: ({ number }) => [number, 0] } },
  }).put(owner),
  rates: initialRates,
  tokens: table<Token, TokenOrder>({
    key: ({ id }) => id,
    orders: {
      all: { partition: () => onlyPartition, rank: ({ number }) => [number, 0] },
      principal: { partition: ({ principal }) => principal, rank: ({ number }) => [number, 0] },
      hash: { partition: ({ hash }) => hash, rank: ({ number }) => [number, 0] },
      ending: {
        partition: ({ revokedAt }) => (revokedAt === undefined ? openPartition : 'revoked'),
        rank: ({ expiresAt, number }) => [expiresAt ?? never, number],
      },
    },
  }),
  enabled: false,
};

/** A principal that is there and has not been removed. */
export const findPrincipal = ({ principals }: AccessSlice, name: string): Principal | undefined => {
  const found = principals.get(name);
  return found?.removedAt === undefined ? found : undefined;
};

/** The token whose secret has this hash, whatever its standing. */
export const findByHash = ({ tokens }: AccessSlice, hash: string): Token | undefined =>
  tokens.first('hash', hash);

export type Standing = 'good' | 'expired' | 'revoked' | 'principal_removed';

/** AC10. `principal` is that of the token, if there is one. */
export const standingOf = (token: Token, principal: Principal | undefined, now: Instant): Standing => {
  if (principal?.removedAt !== undefined || principal === undefined) return 'principal_removed';
  if (token.revokedAt !== undefined) return 'revoked';
  return token.expiresAt !== undefined && token.expiresAt <= now ? 'expired' : 'good';
};

export const standingIn = (slice: AccessSlice, token: Token, now: Instant): Standing =>
  standingOf(token, slice.principals.get(token.principal), now);

/** Whether all of `wanted` is in what is `held`. */
export const covers = (held: readonly string[], wanted: readonly string[]): boolean =>
  held.includes(everything) || wanted.every((name) => held.includes(name));

/** AC15: the same for workspaces, each of which may have several names. */
export const coversWorkspaces = (
  workspaces: WorkspacesSlice,
  held: readonly string[],
  wanted: readonly string[],
): boolean => {
  const filesOf = (names: readonly string[]): readonly string[] =>
    names.map((name) => holderOf(workspaces, name)?.file ?? name);
  return covers(filesOf(held), filesOf(wanted));
};

/** AC33: whether a token is for no workspaces but those that whoever asks is held to. */
export const isWithin = (
  workspaces: WorkspacesSlice,
  token: Pick<Token, 'workspaces'>,
  scope: Scope | undefined,
): boolean => scope === undefined || coversWorkspaces(workspaces, scope.workspaces, token.workspaces);

export type AccessEvent =
  | {
      readonly type: 'access.principal_added';
      readonly data: {
        readonly name: string;
        readonly kind: Kind;
        readonly role: Role;
        readonly note?: string;
      };
    }
  | { readonly type: 'access.principal_removed'; readonly data: { readonly name: string } }
  | {
      readonly type: 'access.token_created';
      readonly data: {
        readonly id: string;
        readonly hash: string;
        readonly principal: string;
        readonly kind: Kind;
        readonly label: string;
        readonly role: Role;
        readonly workspaces: readonly string[];
        readonly categories: readonly string[];
        readonly agent?: string;
        readonly expiresAt?: Instant;
        /** Ids of tokens of the same principal that are remembered no longer. */
        readonly forgets?: readonly string[];
      };
    }
  | {
      readonly type: 'access.token_refreshed';
      readonly data: { readonly id: string; readonly hash: string; readonly expiresAt?: Instant };
    }
  | {
      readonly type: 'access.token_revoked';
      readonly data: { readonly id: string; readonly reason?: string };
    }
  | { readonly type: 'access.enabled'; readonly data: Record<string, never> }
  | { readonly type: 'access.disabled'; readonly data: Record<string, never> }
  | {
      /** All that is set from then on; what is absent is as the hub was started. */
      readonly type: 'access.limits_changed';
      readonly data: {
        readonly profile?: ProfileName;
        readonly classes: Readonly<Partial<Record<RateClass, PerMinute>>>;
        readonly burst?: number;
      };
    }
  | {
      /** When tokens were last used since the entry before. */
      readonly type: 'access.used';
      readonly data: { readonly tokens: readonly Use[] };
    }
  | { readonly type: 'access.denied'; readonly data: Denial }
  | { readonly type: 'subject.erased'; readonly data: Erased };

/** Whose personal text ended, one of both; and the keys that it was sealed under in this journal. */
export interface Erased {
  readonly principal?: string;
  readonly agent?: string;
  readonly keys: readonly string[];
}

/** What was denied in a minute: to one who is known, to a network, or to all that are not told apart. */
export interface Denial {
  /** Absent: nobody knows who it was. */
  readonly principal?: string;
  readonly token?: string;
  /** An operation, or the way in: mcp, events, changes, disconnect, login, browser, or admission to the hub at all. */
  readonly operation?: string;
  /** The last one that it was denied in. */
  readonly workspace?: string;
  /** An address prefix. */
  readonly network?: string;
  /** Why; `others` stands for all that did not fit into their minute. */
  readonly code: ErrorCode | 'others';
  readonly count: number;
}

export interface Use {
  readonly id: string;
  readonly at: Instant;
}

export type AccessEntry = EntryOf<AccessEvent>;
