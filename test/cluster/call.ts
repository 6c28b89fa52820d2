import { type Agent, request } from 'node:http';

/** What came of one try. `fault`: no answer, or one that says to try again. */
export type Tried =
  | { readonly kind: 'answer'; readonly value: Readonly<Record<string, unknown>> }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  | { readonly kind: 'fault'; readonly why: string };

export interface Asked {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly requestId: string;
  readonly session?: string | undefined;
}

const answerWithinMs = 15_000;

/** Makes a call of a hub once. */
export const tryCall = (agent: Agent, port: number, asked: Asked): Promise<Tried> =>
  new Promise((resolve) => {
    const body = JSON.stringify(asked.input);
    const fault = (error: Error): void => resolve({ kind: 'fault', why: error.message });
    const sent = request(
      {
        agent,
        host: '127.0.0.1',
        port,
        method: 'POST',
        path: `/v1/operations/${asked.operation}`,
        timeout: answerWithinMs,
        headers: {
          'Content-Type': 'application/json',
          'Content-Length': Buffer.byteLength(body),
          'Idempotency-Key': asked.requestId,
          ...(asked.session !== undefined && { 'Signalbox-Session': asked.session }),
        },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        answer.on('error', fault);
        answer.on('end', () => resolve(triedIn(text)));
      },
    );
    sent.on('error', fault);
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerWithinMs} ms`)));
    sent.end(body);
  });

/** What is no answer of a rule, such as that something is held, but a hub or a store that cannot answer now. */
const faultPattern = /^(storage_.*|outcome_unknown|stopping|overloaded|internal)$/;

const triedIn = (text: string): Tried => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'fault', why: 'the answer was cut off' };
  }
  const members = new Map(Object.entries(value ?? {}));
  const error = members.get('error');
  if (error === undefined) return { kind: 'answer', value: Object.fromEntries(members) };
  const { code, message } = Object(error);
  return faultPattern.test(String(code))
    ? { kind: 'fault', why: String(code) }
    : { kind: 'refused', code: String(code), message: String(message) };
};
