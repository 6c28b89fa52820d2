import { hash } from 'node:crypto';
import { type Role, roleAtLeast } from '../../../kernel/entry.ts';
import { oidcPrefix } from '../../../areas/access/model.ts';
import type { OAuthSettings } from '../../configuration/oauth.ts';
import type { RoleRule } from '../../configuration/oauth-roles.ts';
import type { Bearer } from './claims.ts';

/** What somebody may do whom the identity provider vouches for. */
export interface Granted {
  readonly role: Role;
  /** Names, or `*` alone. */
  readonly workspaces: readonly string[];
}

const everywhere = '*';

const fits = ({ by, name }: RoleRule, { groups, scopes }: Pick<Bearer, 'groups' | 'scopes'>): boolean =>
  (by === 'group' ? groups : scopes).has(name);

/**
 * The highest role that a rule gives, in the workspaces of all rules that give that one: a role of one workspace never
 * reaches into another. Undefined when no rule fits.
 */
export const grantedBy = (
  rules: readonly RoleRule[],
  bearer: Pick<Bearer, 'groups' | 'scopes'>,
): Granted | undefined => {
  const fitting = rules.filter((rule) => fits(rule, bearer));
  const [first] = fitting;
  if (first === undefined) return undefined;
  const role = fitting.reduce((best, rule) => (roleAtLeast(rule.role, best) ? rule.role : best), first.role);
  const named = fitting.filter((rule) => rule.role === role).flatMap(({ workspaces }) => workspaces);
  return { role, workspaces: named.includes(everywhere) ? [everywhere] : [...new Set(named)] };
};

/** All scopes that rules name, each once. */
export const scopesIn = (rules: readonly RoleRule[]): readonly string[] => [
  ...new Set(rules.filter(({ by }) => by === 'scope').map(({ name }) => name)),
];

/** The scopes with which somebody would have a role, together with those they have; undefined when none gives it. */
export const scopesToReach = (
  { rules, scopes }: Pick<OAuthSettings, 'rules' | 'scopes'>,
  held: ReadonlySet<string>,
  role: Role,
): readonly string[] | undefined => {
  const enough = rules.filter((rule) => rule.by === 'scope' && roleAtLeast(rule.role, role));
  const [first] = enough;
  if (first === undefined) return undefined;
  const least = enough.reduce((best, rule) => (roleAtLeast(rule.role, best.role) ? best : rule), first);
  return [...new Set([...scopes, ...scopesIn(rules).filter((scope) => held.has(scope)), least.name])];
};

const digits = 32;

/**
 * The name of whom an issuer vouches for. It follows from issuer and subject alone, which is all that stays and that
 * nobody can choose; RFC 9068, section 5: a client could have the same subject as a person.
 */
export const principalOf = (issuer: string, { subject, kind }: Pick<Bearer, 'subject' | 'kind'>): string =>
  `${oidcPrefix}${hash('sha256', JSON.stringify([issuer, kind === 'service', subject]), 'hex').slice(0, digits)}`;
