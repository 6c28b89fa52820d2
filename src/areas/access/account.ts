import type { Account } from '../../kernel/area.ts';
import { never } from '../../kernel/assert.ts';
import { type AccessEntry, type Denial, everything } from './model.ts';

/** What an entry did to whose access; never a secret, and no hash. */
export const account = ({ type, data }: AccessEntry): Account => {
  switch (type) {
    case 'access.principal_added':
      return { refs: [data.name], what: `added as ${data.kind}, ${data.role}` };
    case 'access.principal_removed':
      return { refs: [data.name], what: 'removed' };
    case 'access.token_created': {
      const { id, principal, kind, role, workspaces, agent } = data;
      const place = workspaces.includes(everything) ? '' : `, in ${workspaces.join(', ')}`;
      const speaking = agent === undefined ? '' : `, for agent ${agent}`;
      return { refs: [id, principal], what: `made for ${principal}: ${kind}, ${role}${place}${speaking}` };
    }
    case 'access.token_refreshed':
      return { refs: [data.id], what: 'got another secret' };
    case 'access.token_revoked':
      return { refs: [data.id], what: `revoked${data.reason === undefined ? '' : `: ${data.reason}`}` };
    case 'access.used':
      return { refs: data.tokens.map(({ id }) => id), what: 'used' };
    case 'access.enabled':
      return { refs: [], what: 'the hub asks who calls' };
    case 'access.disabled':
      return { refs: [], what: 'the hub asks nobody who calls' };
    case 'access.limits_changed': {
      const { profile, classes, burst } = data;
      const limits = Object.entries(classes).map(([name, perMinute]) => `${name} ${perMinute}`);
      const parts = [profile, ...limits, burst === undefined ? undefined : `burst ${burst}`];
      return {
        refs: Object.keys(classes),
        what: `limits changed: ${parts.filter((part) => part !== undefined).join(', ')}`,
      };
    }
    case 'access.denied':
      return accountOfDenial(data);
    case 'subject.erased': {
      const { principal, agent, keys } = data;
      const whose = principal === undefined ? `agents called ${agent}` : `principal ${principal}`;
      const count = keys.length === 1 ? '1 key' : `${keys.length} keys`;
      return {
        refs: [principal, agent].filter((ref) => ref !== undefined),
        what: `erased what was written by ${whose}: ${count} destroyed`,
      };
    }
    default:
      return never(type);
  }
};

const accountOfDenial = ({
  principal,
  token,
  operation,
  workspace,
  network,
  code,
  count,
}: Denial): Account => ({
  refs: [operation, token, principal, workspace, network].filter((ref) => ref !== undefined),
  what: `denied ${count === 1 ? 'once' : `${count} times`}${code === 'others' ? ', to more than are told apart' : `: ${code}`}${network === undefined ? '' : `, from ${network}`}`,
  ...(principal !== undefined && { done: { principal, ...(token !== undefined && { token }) } }),
});
