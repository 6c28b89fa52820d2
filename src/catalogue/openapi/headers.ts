import { namePattern, nameLengthMax } from '../../kernel/names.ts';
import type { JsonObject } from '../json.ts';

/** How long the value of a header of ours may be. */
export const headerCharactersMax = 200;

/** How long the list of calls may be that were answered in vain. */
export const lostCharactersMax = 4_000;

const handle = { type: 'string', minLength: 1, maxLength: headerCharactersMax };
const name = { type: 'string', minLength: 1, maxLength: nameLengthMax, pattern: namePattern.source };

const parameter = (header: string, schema: JsonObject, description: string): JsonObject => ({
  name: header,
  in: 'header',
  required: false,
  description,
  schema,
});

/** The request headers of the HTTP surface, by the name under which the document refers to them. */
export const requestHeaders = {
  workspace: parameter('Signalbox-Workspace', name, 'The workspace; without it the default one of the hub.'),
  agent: parameter('Signalbox-Agent', name, 'Which of your agents speaks. Not needed with a session.'),
  session: parameter(
    'Signalbox-Session',
    handle,
    'The session that `start` returned. Holding a task needs one.',
  ),
  idempotencyKey: parameter(
    'Idempotency-Key',
    handle,
    'A request id of your choice: the same one with the same input again gives the same answer and is done once. Kept for 24 hours.',
  ),
  ifMatch: parameter(
    'If-Match',
    { type: 'string', examples: ['"3"'] },
    'The revision that a change is based on, instead of `revision` in the body.',
  ),
  connection: parameter(
    'Signalbox-Connection',
    handle,
    'Stands for a session when the call has no handle: a key that only one running client uses.',
  ),
  client: parameter(
    'Signalbox-Client',
    handle,
    'Name of the client program, from which an agent without a name gets one.',
  ),
  kind: parameter(
    'Signalbox-Kind',
    { type: 'string', enum: ['agent'] },
    '`agent` when a program calls on behalf of a person: it is refused what needs a person.',
  ),
  hub: parameter(
    'Signalbox-Hub',
    handle,
    'The hub that is meant, by the id that `/health` tells. Another one that has come to its address refuses.',
  ),
  peek: parameter(
    'Signalbox-Peek',
    { type: 'string', enum: ['true'] },
    '`true` when a program only looks, such as for a display: what the answer holds does not count as delivered to the agent.',
  ),
  receipts: parameter(
    'Signalbox-Receipts',
    { type: 'string', enum: ['true'] },
    '`true` when the caller says itself which answers have arrived: what an answer carries counts only once its `Signalbox-Receipt` has come back.',
  ),
  received: parameter(
    'Signalbox-Received',
    handle,
    'The `Signalbox-Receipt` of an answer that the same agent has got.',
  ),
  lost: parameter(
    'Signalbox-Lost',
    { type: 'string', minLength: 1, maxLength: lostCharactersMax },
    'The `Idempotency-Key`s of earlier calls of the same session whose answers are known to have reached nobody, percent-encoded and with a blank between two: this call does not prove that they arrived.',
  ),
} satisfies Record<string, JsonObject>;

export type RequestHeader = keyof typeof requestHeaders;

export const responseHeaders = {
  replayed: {
    description: '`true` when the call had been done before under the same Idempotency-Key.',
    schema: { type: 'string', enum: ['true'] },
  },
  receipt: {
    description: 'For a caller that asks for receipts, when the answer holds what is told only once.',
    schema: { type: 'string' },
  },
  etag: {
    description: 'The revision of what is returned, for a later If-Match.',
    schema: { type: 'string', examples: ['"3"'] },
  },
  ratePolicy: {
    description:
      'Once less than half of a rate limit is left, and with 429: its class, and `q` calls in `w` seconds.',
    schema: { type: 'string', examples: ['"task";q=35;w=60'] },
  },
  rate: {
    description:
      'With `RateLimit-Policy`: `r` calls are left, and all of them after `t` seconds without one.',
    schema: { type: 'string', examples: ['"task";r=12;t=48'] },
  },
} satisfies Record<string, JsonObject>;
