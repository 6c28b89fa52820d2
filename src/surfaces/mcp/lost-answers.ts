import { randomUUID } from 'node:crypto';
import { type Hub, type HubCall, lostCallsMax } from '../hub.ts';

/**
 * Says with each call which earlier ones were answered in vain. The hub may be another process, which only hears what
 * comes with a call, and whose session a call is of is for it to say: so the latest are said with all of them.
 */
export const sayingLost = (hub: Pick<Hub, 'call'>): Hub['call'] => {
  const lost = new Set<string>();
  return (asked: HubCall) => {
    const { requestId = randomUUID(), gone } = asked;
    const note = (): void => {
      lost.delete(requestId);
      lost.add(requestId);
      for (const oldest of lost) {
        if (lost.size <= lostCallsMax) return;
        lost.delete(oldest);
      }
    };
    // The same call again is answered anew.
    lost.delete(requestId);
    const reply = hub.call({ ...asked, requestId, lost: [...lost] });
    if (gone?.aborted === true) note();
    else gone?.addEventListener('abort', note, { once: true });
    return reply;
  };
};
