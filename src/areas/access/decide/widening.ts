import { refuseCategory } from '../../../kernel/categories.ts';
import { type Role, roleAtLeast, type Scope } from '../../../kernel/entry.ts';
import { type Refusal, refuse } from '../../../kernel/errors.ts';
import { type Instant, isoTime, secondMs } from '../../../kernel/instants.ts';
import { type Token, covers, coversWorkspaces, lifeSecondsMin } from '../model.ts';
import type { Desk } from './commands.ts';

/** AC6: the refusal when a token would carry more than whoever hands it out has. */
export const refuseWider = (
  { context }: Desk,
  wanted: Pick<Token, 'role' | 'workspaces' | 'categories' | 'agent'>,
  scope: Scope | undefined,
): Refusal | undefined => {
  const { actor, world } = context;
  if (!roleAtLeast(actor.role, wanted.role)) return tooMuch(`the role ${wanted.role}`, `have ${actor.role}`);
  if (scope === undefined) return undefined;
  if (!coversWorkspaces(world.workspaces, scope.workspaces, wanted.workspaces))
    return tooMuch('these workspaces', `are held to ${scope.workspaces.join(', ')}`);
  if (!covers(scope.categories, wanted.categories))
    return tooMuch('these categories', `are held to ${scope.categories.join(', ')}`);
  return scope.agent === undefined || scope.agent === wanted.agent
    ? undefined
    : tooMuch('another agent', `speak for ${scope.agent}`);
};

/** AC18: whatever its categories, a token may be about itself; about others it needs that of access. */
export const refuseOthers = (
  { context: { actor } }: Desk,
  name: string,
  { id, scope }: { readonly id: string; readonly scope?: Scope | undefined },
): Refusal | undefined =>
  actor.token === id ? undefined : refuseCategory({ name, category: 'access' }, scope);

/** AC30: when that ends which the call came with; undefined = it does not. */
export const endOfMaker = ({ slice, context }: Desk): Instant | undefined => {
  const { token, until } = context.actor;
  return token === undefined ? until : slice.tokens.get(token)?.expiresAt;
};

/** AC30: the refusal when a token would outlast the one that it is handed out with. */
export const refuseLonger = (desk: Desk, wanted: Instant | undefined): Refusal | undefined => {
  const end = endOfMaker(desk);
  if (end === undefined || (wanted !== undefined && wanted <= end)) return undefined;
  const secondsMax = Math.floor((end - desk.context.now) / secondMs);
  return refuse(
    'forbidden',
    `Nobody hands out more than it has: this token would ${wanted === undefined ? 'never end' : `last until ${isoTime(wanted)}`}, and the one that you call with ends at ${isoTime(end)}. ${
      secondsMax < lifeSecondsMin
        ? 'Call with one that lasts longer.'
        : `Ask for ${secondsMax} seconds at most, or call with one that lasts longer.`
    }`,
    { secondsMax },
  );
};

const tooMuch = (what: string, have: string): Refusal =>
  refuse(
    'forbidden',
    `Nobody hands out more than it has: this token would be for ${what}, and you ${have}. Ask for less, or ask somebody who has it.`,
  );

export const lowerOf = (one: Role, other: Role): Role => (roleAtLeast(one, other) ? other : one);
