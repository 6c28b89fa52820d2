import type { Outcome } from '../kernel/errors.ts';
import type { Hub } from '../surfaces/hub.ts';

/**
 * A hub while its journals are being opened: nothing is answered from them before they are all there, so what is asked
 * waits. If they cannot be opened, every call is refused with the reason.
 */
export const openingHub = (version: string, opening: Promise<Outcome<Hub>>): Hub => ({
  version,
  call: async (call) => {
    const hub = await opening;
    return hub.ok ? hub.value.call(call) : hub;
  },
  disconnect: async (caller, workspace) => {
    const hub = await opening;
    if (hub.ok) await hub.value.disconnect(caller, workspace);
  },
  health: async () => {
    const hub = await opening;
    return hub.ok ? hub.value.health() : { status: 'stopping', version, store: 'unknown', workspaces: [] };
  },
  changes: async (workspace, listener) => {
    const hub = await opening;
    return hub.ok ? hub.value.changes(workspace, listener) : hub;
  },
});
