import type { Context, Decision } from '../../../kernel/area.ts';
import type { Kind, Role, Scope } from '../../../kernel/entry.ts';
import type { RateClass } from '../../../kernel/rate.ts';
import type { PerMinute, ProfileName } from '../limits.ts';
import type { AccessEvent, AccessSlice, Denial, Erased, Use } from '../model.ts';

/** How long a token is to last, in seconds. */
export type Life = number | 'never';

export interface CreateCommand {
  readonly type: 'create_token';
  /** Of the secret that was drawn for it. */
  readonly hash: string;
  readonly principal?: string | undefined;
  readonly kind?: Kind | undefined;
  readonly label: string;
  readonly role?: Role | undefined;
  readonly workspaces?: readonly string[] | undefined;
  readonly categories?: readonly string[] | undefined;
  readonly agent?: string | undefined;
  readonly expires?: Life | undefined;
  /** AC53: those of the same label that the same maker has made for the same principal end with it. */
  readonly replaces?: true;
  /** What its maker is held to. */
  readonly scope: Scope | undefined;
}

export interface RefreshCommand {
  readonly type: 'refresh_token';
  readonly id: string;
  readonly hash: string;
  readonly expires?: Life | undefined;
  readonly scope: Scope | undefined;
}

export interface RevokeCommand {
  readonly type: 'revoke_token';
  readonly id: string;
  readonly reason?: string | undefined;
  readonly scope?: Scope | undefined;
}

export interface AddCommand {
  readonly type: 'add_principal';
  readonly name: string;
  readonly kind: Kind;
  readonly role: Role;
  readonly note?: string | undefined;
}

export interface LimitsCommand {
  readonly type: 'change_limits';
  /** `configured`: as each hub was started. Whatever was set of single classes and the burst goes. */
  readonly profile?: ProfileName | 'configured' | undefined;
  /** `profile`: as the profile has it. */
  readonly classes: Readonly<Partial<Record<RateClass, PerMinute | 'profile' | undefined>>>;
  readonly burst?: number | undefined;
}

export type AccessCommand =
  | CreateCommand
  | RefreshCommand
  | RevokeCommand
  | AddCommand
  | { readonly type: 'remove_principal'; readonly name: string }
  | LimitsCommand
  | { readonly type: 'enable' | 'disable' }
  /** What the host has seen of tokens being used. */
  | { readonly type: 'use'; readonly tokens: readonly Use[] }
  /** What the host has counted of calls that it refused. */
  | { readonly type: 'deny'; readonly denials: readonly Denial[] }
  /** The keys that were retired for it. */
  | { readonly type: 'erase'; readonly of: Erased };

export type AccessDecision = Decision<AccessEvent>;

/** What a command is decided on. */
export interface Desk {
  readonly slice: AccessSlice;
  readonly context: Context<'workspaces'>;
}
