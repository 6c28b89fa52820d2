import { z } from 'zod';
import type { Outcome } from '../../kernel/errors.ts';
import { type Hub, everything } from '../../surfaces/hub.ts';
import type { Renewal } from './keep-lease.ts';

export interface Watched {
  readonly hub: Pick<Hub, 'changes'>;
  readonly workspace: string;
  /** Asks whether the token is current: the answer of lock_check_token. */
  readonly check: () => Promise<Outcome<unknown>>;
  /** Says why the lock is lost, when it is. */
  readonly renew: () => Promise<Renewal>;
}

const checked = z.object({ valid: z.boolean(), holder: z.string().optional() });

/**
 * Resolves to why the lock is lost as soon as the hub tells that something has happened to who holds it, such as that
 * it was broken; to undefined at the stop. Where a hub does not tell it, the next renewal finds out.
 */
export const toldLoss = async (
  { hub, workspace, check, renew }: Watched,
  stop: AbortSignal,
): Promise<string | undefined> => {
  const { promise: lost, resolve } = Promise.withResolvers<string | undefined>();
  const end = (): void => resolve(undefined);
  let holder: string | undefined;
  const look = async (): Promise<void> => {
    const answer = await check();
    const found = checked.safeParse(answer.ok ? answer.value : undefined);
    if (!found.success || stop.aborted) return;
    holder = found.data.holder ?? holder;
    if (found.data.valid) return;
    const renewal = await renew();
    if (renewal.kind === 'lost') resolve(renewal.why);
  };
  stop.addEventListener('abort', end);
  if (stop.aborted) end();
  const following = await hub.changes(workspace, (keys) => {
    if (holder === undefined || keys.has(`agent:${holder}`) || keys.has(everything)) void look();
  });
  // What happened before it was followed is seen now.
  if (!stop.aborted) void look();
  const why = await lost;
  stop.removeEventListener('abort', end);
  if (following.ok) following.value();
  return why;
};
