import type { RequestId } from '@modelcontextprotocol/server';
import { isRecord } from '../../kernel/json.ts';

/** Of how many requests the fate is known at once; a client cancels the latest, if any. */
const keptMax = 200;

/** What becomes of the answers to the requests of one connection, also after they were given. */
export class AnswerFates {
  readonly #controls = new Map<RequestId, AbortController>();

  /** A request has come; a client that uses an id twice means the later. */
  begin(id: RequestId): void {
    this.#controls.delete(id);
    this.#controls.set(id, new AbortController());
    for (const oldest of this.#controls.keys()) {
      if (this.#controls.size <= keptMax) return;
      this.#controls.delete(oldest);
    }
  }

  /** Aborted when the answer to this request has not reached the client, or it does not want it any more. */
  of(id: RequestId): AbortSignal | undefined {
    return this.#controls.get(id)?.signal;
  }

  lost(id: RequestId): void {
    this.#controls.get(id)?.abort();
  }
}

/** The ids of the requests in a body, which holds one message or several. */
export const requestIdsIn = (body: unknown): readonly RequestId[] =>
  (Array.isArray(body) ? body : [body]).flatMap((message: unknown) => {
    const id = isRecord(message) && typeof message['method'] === 'string' ? message['id'] : undefined;
    return typeof id === 'string' || typeof id === 'number' ? [id] : [];
  });
