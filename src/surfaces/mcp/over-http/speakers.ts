import type { AuthInfo, ServerContext } from '@modelcontextprotocol/server';
import { present } from '../../../kernel/assert.ts';
import type { Speaker } from '../tools/call.ts';

/**
 * Who speaks in a request. The SDK hands on nothing of a request that it does not know but what stands for its
 * authentication: that leads to the speaker.
 */
export class Speakers {
  readonly #byAuth = new WeakMap<AuthInfo, Speaker>();

  /** What is to be given to the SDK with the request. */
  note(speaker: Speaker): AuthInfo {
    const auth: AuthInfo = { token: '', clientId: speaker.caller.principal, scopes: [] };
    this.#byAuth.set(auth, speaker);
    return auth;
  }

  of({ http }: ServerContext): Speaker {
    return present(http?.authInfo && this.#byAuth.get(http.authInfo), 'every request comes with its speaker');
  }
}
