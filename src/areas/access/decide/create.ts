import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { type Instant, secondMs } from '../../../kernel/instants.ts';
import { findWorkspace } from '../../workspaces/model.ts';
import {
  type AccessSlice,
  type Principal,
  type Token,
  agentLifeMs,
  coversWorkspaces,
  endedTokensMax,
  everything,
  findPrincipal,
  openPartition,
  standingIn,
  tokensMax,
  tokensPerPrincipalMax,
} from '../model.ts';
import { roleAtLeast } from '../../../kernel/entry.ts';
import type { AccessDecision, CreateCommand, Desk, Life } from './commands.ts';
import { unknownPrincipal } from './principals.ts';
import { endOfMaker, lowerOf, refuseLonger, refuseWider } from './widening.ts';

type Wanted = Pick<Token, 'principal' | 'kind' | 'role' | 'workspaces' | 'categories' | 'agent'>;

/** AC4 to AC9, AC53 */
export const createToken = (desk: Desk, command: CreateCommand): AccessDecision => {
  const { slice, context } = desk;
  const wanted = wantedOf(desk, command);
  if (!wanted.ok) return wanted;
  const { agent, ...rest } = wanted.value;
  const wider = refuseWider(desk, wanted.value, command.scope);
  if (wider !== undefined) return wider;
  const own = [...slice.tokens.scan('principal', rest.principal)];
  const ended = own.filter((token) => standingIn(slice, token, context.now) !== 'good');
  const full = refuseMore(slice, { principal: rest.principal, good: own.length - ended.length }, context.now);
  if (full !== undefined) return full;
  const forgets = ended.slice(0, Math.max(0, ended.length - endedTokensMax)).map(({ id }) => id);
  const lasting = expiryFor(desk, rest.kind, command.expires);
  if (!lasting.ok) return lasting;
  const expiresAt = lasting.value;
  const replaced = command.replaces === true ? own.filter((token) => isReplaced(token, desk, command)) : [];
  return ok([
    {
      type: 'access.token_created',
      data: {
        id: freeId(desk),
        hash: command.hash,
        ...rest,
        label: command.label,
        ...(agent !== undefined && { agent }),
        ...(expiresAt !== undefined && { expiresAt }),
        ...(forgets.length > 0 && { forgets }),
      },
    },
    ...replaced.map(
      ({ id }) => ({ type: 'access.token_revoked', data: { id, reason: 'replaced' } }) as const,
    ),
  ]);
};

/** AC53 */
const isReplaced = (token: Token, { context }: Desk, { label }: CreateCommand): boolean =>
  token.label === label && token.createdBy === context.actor.principal && token.revokedAt === undefined;

/** When a token ends that is to last so long from now. */
export const endOf = (life: Life, { context }: Desk): Instant | undefined =>
  life === 'never' ? undefined : context.now + Math.round(life * secondMs);

/** AC8, AC30 */
const expiryFor = (
  desk: Desk,
  kind: Token['kind'],
  expires: Life | undefined,
): Outcome<Instant | undefined> => {
  const wanted = endOf(expires ?? (kind === 'agent' ? agentLifeMs / secondMs : 'never'), desk);
  if (expires !== undefined) return refuseLonger(desk, wanted) ?? ok(wanted);
  const end = endOfMaker(desk);
  return ok(end === undefined ? wanted : Math.min(wanted ?? end, end));
};

const wantedOf = (desk: Desk, command: CreateCommand): Outcome<Wanted> => {
  const { slice, context } = desk;
  const { actor, world } = context;
  const { scope } = command;
  const name = command.principal ?? actor.principal;
  if (name !== actor.principal && actor.role !== 'admin') {
    return refuse(
      'forbidden',
      `Only an admin makes tokens for others, and you have the role ${actor.role}. Leave principal out, or ask an admin.`,
    );
  }
  const principal = findPrincipal(slice, name);
  if (principal === undefined) return unknownPrincipal(name);
  const agent = command.agent ?? scope?.agent;
  const kind = command.kind ?? (agent === undefined ? principal.kind : 'agent');
  if (kind !== principal.kind && kind !== 'agent') {
    return refuse(
      'forbidden',
      `A token of "${name}", a ${principal.kind}, cannot be of kind ${kind}. Make it of kind ${principal.kind} or agent.`,
    );
  }
  const role = roleFor(principal, { kind, asked: command.role, most: lowerOf(actor.role, principal.role) });
  if (!role.ok) return role;
  const workspaces: string[] = [];
  for (const asked of command.workspaces ?? scope?.workspaces ?? [everything]) {
    // AC33: of others its maker is not told whether they are there.
    const isHidden =
      asked !== everything && !coversWorkspaces(world.workspaces, scope?.workspaces ?? [everything], [asked]);
    const found = asked === everything ? everything : findWorkspace(world.workspaces, asked)?.name;
    if (found === undefined || isHidden) return unknownWorkspace(asked);
    if (!workspaces.includes(found)) workspaces.push(found);
  }
  const categories = [...new Set(command.categories ?? scope?.categories ?? [everything])];
  return ok({ principal: name, kind, role: role.value, workspaces, categories, agent });
};

const roleFor = (
  principal: Principal,
  { kind, asked, most }: Pick<Token, 'kind'> & { asked: Token['role'] | undefined; most: Token['role'] },
): Outcome<Token['role']> => {
  if (asked === undefined) return ok(kind === 'agent' ? lowerOf('worker', most) : most);
  // That the maker has it is asked together with the rest.
  return roleAtLeast(principal.role, asked)
    ? ok(asked)
    : refuse(
        'forbidden',
        `"${principal.name}" has the role ${principal.role}, and none of its tokens more. Ask for ${principal.role} at most.`,
      );
};

const unknownWorkspace = (name: string): Refusal =>
  refuse(
    'workspace_unknown',
    `There is no workspace "${name}", so no token can be for it. Call workspace_list to see all, or workspace_add to add it.`,
    { workspace: name },
  );

const refuseMore = (
  slice: AccessSlice,
  { principal, good }: { readonly principal: string; readonly good: number },
  now: Instant,
): Refusal | undefined => {
  if (good >= tokensPerPrincipalMax) {
    return refuse(
      'limit_exceeded',
      `"${principal}" already has ${tokensPerPrincipalMax} tokens, which is the limit. Revoke one with token_revoke.`,
    );
  }
  return slice.tokens.count('ending', openPartition) >= tokensMax && goodIn(slice, now) >= tokensMax
    ? refuse(
        'limit_exceeded',
        `There are already ${tokensMax} tokens, which is the limit. Revoke one with token_revoke.`,
      )
    : undefined;
};

const goodIn = (slice: AccessSlice, now: Instant): number => {
  let expired = 0;
  for (const { expiresAt } of slice.tokens.scan('ending', openPartition)) {
    if (expiresAt === undefined || expiresAt > now) break;
    expired += 1;
  }
  return slice.tokens.count('ending', openPartition) - expired;
};

const idCharacters = 10;

/** The first id that no token has. */
const freeId = ({ slice, context }: Desk): string => {
  for (let index = 0; ; index += 1) {
    const id = `tk_${context.ulid(index).slice(-idCharacters).toLowerCase()}`;
    if (!slice.tokens.has(id)) return id;
  }
};
