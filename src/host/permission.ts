import { covers, coversWorkspaces, everything } from '../areas/access/model.ts';
import { unknownWorkspace } from '../areas/workspaces/decide.ts';
import type { WorkspacesSlice } from '../areas/workspaces/model.ts';
import { refuseCategory } from '../kernel/categories.ts';
import { actsAsPerson, mayKnow, roleAtLeast } from '../kernel/entry.ts';
import { type Refusal, refuse } from '../kernel/errors.ts';
import type { Caller, Operation } from '../kernel/operation.ts';
import { commandOf } from '../surfaces/cli/command-name.ts';

type Asked = Pick<Operation, 'name' | 'role' | 'person' | 'category' | 'ofSelf' | 'journal' | 'ofWorkspace'>;

/** AC17, AC18: why this caller may not call this operation at all, whatever its input is. */
export const refuseCaller = (asked: Asked, caller: Caller): Refusal | undefined => {
  const { name, role, person, ofSelf } = asked;
  if (!roleAtLeast(caller.role, role)) {
    return refuse(
      'forbidden',
      `${name} needs the role ${role}; you have ${caller.role}. Ask somebody who has it.`,
    );
  }
  const other = ofSelf === true ? undefined : refuseCategory(asked, caller.scope);
  if (other !== undefined) return other;
  if (caller.scope !== undefined && isOfAll(asked) && !covers(caller.scope.workspaces, [everything])) {
    return refuse(
      'forbidden',
      `${name} is about all workspaces of this hub, and your token is for some of them. Use one that is for all.`,
    );
  }
  return person === true && !actsAsPerson(caller) ? needsPerson(name) : undefined;
};

/** Everybody may ask about themselves, and which tools there are; who else may come in is about all. */
const isOfAll = ({ journal, ofWorkspace, category, role }: Asked): boolean =>
  journal === 'hub' &&
  ofWorkspace !== true &&
  category !== 'tools' &&
  (category !== 'access' || role === 'admin');

/** AC18: who is for some categories only may not read what happens in all of them. */
export const refuseEvents = ({ scope }: Caller): Refusal | undefined =>
  scope === undefined || covers(scope.categories, [everything])
    ? undefined
    : refuse(
        'forbidden',
        'Events and changes are of all categories, and your token is for some of them. Use one that is for all.',
      );

/**
 * Who may read what a hub measures of all its workspaces together: an admin, or whoever has a token for just that, which is
 * for all workspaces as well.
 */
export const refuseMetrics = ({ role, scope }: Caller): Refusal | undefined => {
  const isForAll = scope === undefined || covers(scope.workspaces, [everything]);
  const isForThis = scope?.categories.includes('metrics') === true;
  if (isForAll && (isForThis || (roleAtLeast(role, 'admin') && mayKnow(scope, 'metrics')))) return undefined;
  return refuse(
    'forbidden',
    'What this hub measures is of all workspaces. It needs the role admin and a token for all of them, or a token made for it: signalbox token create --categories metrics --role reader.',
  );
};

const needsPerson = (name: string): Refusal =>
  refuse(
    'forbidden',
    `${name} needs a person, and you call as an agent or a service. Ask the person you work for to run: signalbox ${commandOf(name)} (in a terminal, without --agent and without --session).`,
    { needs: 'person' },
  );

/** AC18: a workspace that the caller's token is not for does not exist for it. */
export const refuseWorkspace = (
  workspaces: WorkspacesSlice,
  { scope }: Caller,
  workspace: string,
): Refusal | undefined =>
  scope === undefined || coversWorkspaces(workspaces, scope.workspaces, [workspace])
    ? undefined
    : unknownWorkspace(workspace);
