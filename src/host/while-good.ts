import { type Outcome, refuse } from '../kernel/errors.ts';
import type { HubCall } from '../surfaces/hub.ts';

/**
 * AC39: makes a call that waits for as long as what its caller came in with is good. What was done before stays done, and
 * is answered; nothing is granted or told afterwards.
 */
export const whileGood = async <T>(
  call: HubCall,
  isCommand: boolean,
  make: (call: HubCall) => Promise<Outcome<T>>,
): Promise<Outcome<T>> => {
  const { standing } = call.caller;
  if (standing === undefined) return make(call);
  const over = new AbortController();
  const leave = standing.watch(() => over.abort());
  const { signal } = call;
  const either = signal === undefined ? over.signal : AbortSignal.any([signal, over.signal]);
  try {
    const reply = await make({ ...call, signal: either });
    return over.signal.aborted && !(isCommand && reply.ok) ? overWhileWaiting : reply;
  } finally {
    leave();
  }
};

const overWhileWaiting = refuse(
  'unauthenticated',
  'What this call came in with is good no longer, so that it waits no longer and was given nothing. Call again with a token that is good.',
);
