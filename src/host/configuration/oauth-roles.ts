import type { Role } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { faultInName } from '../../kernel/names.ts';
import { quoted, repeatable } from '../../kernel/text.ts';

/** What one group or scope of an identity provider stands for here. */
export interface RoleRule {
  readonly by: 'group' | 'scope';
  /** As the identity provider writes it. */
  readonly name: string;
  readonly role: Role;
  /** Names, or `*` alone. */
  readonly workspaces: readonly string[];
}

const rulesMax = 200;
const workspacesMax = 100;
const shownCharactersMax = 60;
const example = 'group:engineering=worker@shop,main; scope:signalbox.read=reader@*';

const roles = ['reader', 'worker', 'approver', 'admin'] as const satisfies readonly Role[];

const scopePattern = /^[\u0021\u0023-\u005b\u005d-\u007e]+$/;

/** RFC 6749, section 3.3; a hub has no use for a token that outlives its person's presence. */
export const isScope = (text: string): boolean => scopePattern.test(text) && text !== 'offline_access';

/** What stands between commas or blanks. */
export const wordsIn = (text: string): readonly string[] => text.split(/[\s,]+/).filter((one) => one !== '');

const rulePattern = /^(group|scope):(.+)=([a-z]+)@([^@=]+)$/;

/**
 * Reads `group:NAME=ROLE@WORKSPACE,WORKSPACE; scope:NAME=ROLE@*`. The last `=` ends the name, so that groups may have
 * one in theirs.
 */
export const rulesIn = (text: string): Outcome<readonly RoleRule[]> => {
  const parts = text
    .split(';')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length === 0 || parts.length > rulesMax)
    return refuse('invalid_input', `it has to be 1 to ${rulesMax} rules such as ${example}`);
  const rules: RoleRule[] = [];
  for (const part of parts) {
    const rule = ruleIn(part);
    if (typeof rule === 'string') {
      const shown = quoted(repeatable(part, shownCharactersMax));
      return refuse('invalid_input', `${shown} is no rule: ${rule}`);
    }
    rules.push(rule);
  }
  return ok(rules);
};

/** The rule, or why it is none. */
const ruleIn = (part: string): RoleRule | string => {
  const [, by, named = '', said, listed = ''] = rulePattern.exec(part) ?? [];
  if (by !== 'group' && by !== 'scope') return `one is written like ${example}`;
  const name = named.trim();
  const role = roles.find((known) => known === said);
  if (role === undefined) return `the role has to be one of ${roles.join(', ')}`;
  if (by === 'scope' && !isScope(name)) return 'this is no scope that could stand for a role';
  const workspaces = [...new Set(listed.split(',').map((one) => one.trim()))];
  if (workspaces.length > workspacesMax) return `it names more than ${workspacesMax} workspaces`;
  if (workspaces.length === 1 && workspaces[0] === '*') return { by, name, role, workspaces };
  for (const workspace of workspaces) {
    const fault = faultInName('A workspace name', workspace);
    if (fault !== undefined) return `${fault}; * alone stands for all`;
  }
  return { by, name, role, workspaces };
};
