import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server';
import { assert } from '../../../kernel/assert.ts';
import type { Speaker } from '../tools/call.ts';

/**
 * Who speaks in a request. The SDK hands on nothing of a request that it does not know but what stands for its
 * authentication: so that is what carries the speaker.
 */
export class SpeakerNote implements AuthInfo {
  readonly token = '';
  readonly scopes: string[] = [];
  readonly clientId: string;
  readonly speaker: Speaker;

  constructor(speaker: Speaker) {
    this.clientId = speaker.caller.principal;
    this.speaker = speaker;
  }
}

export const speakerOf = ({ http }: ServerContext): Speaker => {
  const note = http?.authInfo;
  assert(note instanceof SpeakerNote, 'every request comes with its speaker');
  return note.speaker;
};
