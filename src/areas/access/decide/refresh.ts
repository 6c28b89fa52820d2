import { actsAsPerson } from '../../../kernel/entry.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../../kernel/errors.ts';
import { secondMs } from '../../../kernel/instants.ts';
import { type Token, agentLifeMs, standingIn } from '../model.ts';
import type { AccessDecision, Desk, Life, RefreshCommand } from './commands.ts';
import { endOf } from './create.ts';
import { refuseLonger, refuseOthers, refuseWider } from './widening.ts';

/** AC11, AC12, AC18, AC30 */
export const refreshToken = (desk: Desk, command: RefreshCommand): AccessDecision => {
  const { slice, context } = desk;
  const { id, hash } = command;
  const foreign = refuseOthers(desk, 'token_refresh', command);
  if (foreign !== undefined) return foreign;
  const found = ownToken(desk, id);
  if (!found.ok) return found;
  const token = found.value;
  const standing = standingIn(slice, token, context.now);
  if (standing === 'revoked' || standing === 'principal_removed') {
    return refuse('invalid_state', `Token ${id} was revoked and stays so. Make another with token_create.`, {
      token: id,
      standing,
    });
  }
  const life = lifeFor(desk, token, command);
  if (!life.ok) return life;
  const expiresAt = endOf(life.value, desk);
  return ok([
    { type: 'access.token_refreshed', data: { id, hash, ...(expiresAt !== undefined && { expiresAt }) } },
  ]);
};

/** AC7: the token of this id, unless it is none of the caller's business. */
export const ownToken = ({ slice, context }: Desk, id: string): Outcome<Token> => {
  const { principal, role } = context.actor;
  const token = slice.tokens.get(id);
  return token !== undefined && (token.principal === principal || role === 'admin')
    ? ok(token)
    : unknownToken(id);
};

export const unknownToken = (id: string): Refusal =>
  refuse('not_found', `You have no token ${id}. Call token_list to see yours.`, { token: id });

const lifeFor = (desk: Desk, token: Token, { expires, scope }: RefreshCommand): Outcome<Life> => {
  const { actor } = desk.context;
  const before: Life =
    token.expiresAt === undefined ? 'never' : (token.expiresAt - token.issuedAt) / secondMs;
  if (actor.token === token.id) return lifeOfItself(before, expires, actsAsPerson(actor));
  if (!actsAsPerson(actor)) {
    return refuse(
      'forbidden',
      `Only a person refreshes a token that is not the one of the call. Ask yours to run: signalbox token refresh ${token.id}`,
    );
  }
  const life = expires ?? before;
  return refuseWider(desk, token, scope) ?? refuseLonger(desk, endOf(life, desk)) ?? ok(life);
};

/** AC12, AC30 */
const lifeOfItself = (before: Life, expires: Life | undefined, isPerson: boolean): Outcome<Life> => {
  if (before === 'never') return ok(expires ?? before);
  const most = isPerson ? before : Math.min(before, agentLifeMs / secondMs);
  if (expires === undefined || (expires !== 'never' && expires <= most)) return ok(expires ?? most);
  const secondsMax = Math.floor(most);
  const other = isPerson ? 'refresh it with one that lasts longer' : 'ask a person to refresh it';
  return refuse(
    'forbidden',
    `A token that refreshes itself lasts as long again as it did at most${isPerson ? '' : ', and no longer than a day'}: ${secondsMax} seconds. Leave expires out, or ${other}.`,
    { secondsMax },
  );
};
