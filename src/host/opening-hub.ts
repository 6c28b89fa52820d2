import { type Outcome, refuse } from '../kernel/errors.ts';
import { noEvents } from '../surfaces/hub-events.ts';
import { type Hub, type HubHealth, unmeasured } from '../surfaces/hub.ts';

/** What a call hears that waits for journals while the process is told to stop. */
const stoppingRefusal = refuse(
  'stopping',
  'This hub is stopping before its journals were open. Nothing was stored. Call again in a moment.',
);

const openingRefusal = refuse(
  'overloaded',
  'This hub is still opening its journals. Nothing was stored. Call again in a moment.',
);

/**
 * A hub while its journals are being opened: nothing is answered from them before they are all there, so what is asked
 * waits. If they cannot be opened, every call is refused with the reason. From the moment when `stop` aborts, the hub
 * says that it is stopping, and who still waits for the journals waits no longer.
 */
export const openingHub = (version: string, opening: Promise<Outcome<Hub>>, stop?: AbortSignal): Hub => {
  let open: Hub | undefined;
  const { promise: stopped, resolve } = Promise.withResolvers<Outcome<Hub>>();
  stop?.addEventListener('abort', () => resolve(stoppingRefusal), { once: true });
  if (stop?.aborted === true) resolve(stoppingRefusal);
  const stopping = (): boolean => stop?.aborted === true;
  // Of two that are settled the first counts, so that an open hub still answers what came before the end.
  const ready = stop === undefined ? opening : Promise.race([opening, stopped]);
  void opening.then((hub) => {
    if (hub.ok && !stopping()) open = hub.value;
  });
  return {
    get id() {
      return open?.id;
    },
    phase: () => (stopping() ? 'stopping' : open ? 'open' : 'opening'),
    version,
    // Nearly all calls come when it is long open.
    call: (call) =>
      open === undefined ? ready.then((hub) => (hub.ok ? hub.value.call(call) : hub)) : open.call(call),
    // Until the journals are open nobody knows what names mean.
    refuses: (caller, workspace, way) =>
      open === undefined && caller.scope !== undefined
        ? openingRefusal
        : open?.refuses?.(caller, workspace, way),
    count: async (caller, rate) => {
      const hub = await ready;
      return hub.ok ? hub.value.count?.(caller, rate) : hub;
    },
    disconnect: async (caller, workspace) => {
      const hub = await ready;
      if (hub.ok) await hub.value.disconnect(caller, workspace);
    },
    health: async (caller): Promise<HubHealth> => {
      const hub = await ready;
      if (!hub.ok) return { status: 'stopping', version, store: 'unknown', workspaces: [] };
      const health = await hub.value.health(caller);
      return stopping() ? { ...health, status: 'stopping' } : health;
    },
    changes: async (workspace, listener) => {
      const hub = await ready;
      return hub.ok ? hub.value.changes(workspace, listener) : hub;
    },
    events: async (asked) => {
      const hub = await ready;
      return hub.ok ? (hub.value.events?.(asked) ?? noEvents) : hub;
    },
    metrics: async (caller) => {
      const hub = await ready;
      return hub.ok ? (hub.value.metrics?.(caller) ?? unmeasured) : hub;
    },
    serviceLevels: async (caller) => {
      const hub = await ready;
      return hub.ok ? (hub.value.serviceLevels?.(caller) ?? unmeasured) : hub;
    },
  };
};
