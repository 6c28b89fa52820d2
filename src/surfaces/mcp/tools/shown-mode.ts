import type { Exposure } from '../../../catalogue/exposure/exposure.ts';
import type { Mode } from '../../../catalogue/exposure/modes.ts';
import { type Outcome, ok } from '../../../kernel/errors.ts';
import { secondMs } from '../../../kernel/instants.ts';
import { isRecord } from '../../../kernel/json.ts';
import type { Hub } from '../../hub.ts';
import type { Speaker } from './call.ts';

interface Asked {
  readonly hub: Pick<Hub, 'call'>;
  readonly exposure: Exposure;
  readonly speaker: Speaker;
}

/** The mode that the address or the flag names, else the default of the workspace. */
export const shownMode = async (asked: Asked, named: string | undefined): Promise<Outcome<Mode>> =>
  named === undefined ? ok(await defaultMode(asked)) : asked.exposure.parse(named);

/** A client may give a server up that does not list its tools soon, for instance because its hub is away. */
const answerWithinMs = 3 * secondMs;

/**
 * Standard where the hub does not tell, or not soon: an older one knows no modes, and a client that is shown no tools
 * would not hear why, as it does from the first call.
 */
const defaultMode = async ({ hub, exposure, speaker }: Asked): Promise<Mode> => {
  const reply = await hub.call({
    operation: 'mode_get',
    input: {},
    caller: speaker.caller,
    workspace: speaker.workspace,
    requestId: undefined,
    signal: AbortSignal.timeout(answerWithinMs),
    peek: true,
  });
  const mode = reply.ok && isRecord(reply.value.value) ? reply.value.value['mode'] : undefined;
  return exposure.defaultMode(typeof mode === 'string' ? mode : undefined);
};
