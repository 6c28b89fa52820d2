/**
 * The one closed list of error codes. Beside each: whether the same call may succeed later without being changed,
 * the JSON-RPC error number, the HTTP status and the exit code of the command line.
 *
 * JSON-RPC: the reserved numbers where the protocol has one, otherwise 1001 and up, which lie outside the range
 * that JSON-RPC and MCP keep for themselves.
 */
interface ErrorRow {
  readonly retryable: boolean;
  readonly jsonRpc: number;
  readonly http: number;
  readonly exit: number;
  readonly meaning: string;
}

const row = (http: number, jsonRpc: number, exit: number) => ({
  final: (meaning: string): ErrorRow => ({ retryable: false, jsonRpc, http, exit, meaning }),
  retry: (meaning: string): ErrorRow => ({ retryable: true, jsonRpc, http, exit, meaning }),
});

export const errorTable = {
  invalid_input: row(400, -32602, 2).final('The input does not fit the schema of the operation.'),
  not_json: row(400, -32700, 2).final('The body is not JSON in UTF-8.'),
  too_deep: row(400, 1001, 2).final('The body is nested more deeply than is accepted.'),
  too_large: row(413, 1002, 2).final('The body is longer than is accepted.'),
  unknown_operation: row(404, -32601, 2).final('No operation has this name.'),
  not_found: row(404, 1003, 3).final('The thing that was named does not exist here.'),
  agent_unknown: row(404, 1004, 3).final('No agent has this name in this workspace.'),
  workspace_unknown: row(404, 1005, 3).final('No workspace has this name.'),
  route_unknown: row(404, 1006, 2).final('Nothing is served under this address.'),
  method_not_allowed: row(405, 1007, 2).final('This address does not answer this HTTP method.'),
  forbidden: row(403, 1008, 5).final('The caller may not do this.'),
  session_required: row(428, 1009, 4).final('Only a session can hold something; this call has none.'),
  session_ended: row(410, 1010, 4).final('The session that was named is unknown or has ended.'),
  revision_required: row(428, 1011, 4).final(
    'A change of plan fields must name the revision that it was based on.',
  ),
  stale_revision: row(412, 1012, 4).final('The revision that was named is not the current one.'),
  stale_epoch: row(409, 1013, 4).final('The epoch that was named is not that of the current hold.'),
  not_holder: row(409, 1014, 4).final('Somebody else, or nobody, holds what this call needs to hold.'),
  held: row(409, 1015, 4).retry('Somebody else holds it.'),
  not_ready: row(409, 1016, 4).retry('Something else has to be finished first.'),
  not_capable: row(409, 1017, 4).final('The task requires capabilities that the agent did not state.'),
  nothing_free: row(409, 1018, 7).retry('There is no task that this agent could take now.'),
  wip_limit: row(409, 1019, 4).retry('The agent already holds as many tasks as its limit allows.'),
  invalid_state: row(409, 1020, 4).final('The thing is in a state in which this cannot be done.'),
  checklist_open: row(409, 1021, 4).final('Acceptance items are still open.'),
  exists: row(409, 1022, 4).final('Something with this name exists already.'),
  cycle: row(422, 1023, 4).final('The change would make tasks wait for each other for ever.'),
  limit_exceeded: row(422, 1024, 4).final('A documented limit would be passed.'),
  request_reused: row(422, 1025, 4).final('This request id was used before for another input.'),
  history_changed: row(410, 1026, 4).final('The cursor belongs to another history of this workspace.'),
  cascade_limit: row(422, 1027, 4).final(
    'The policies set off by this call would go too deep or write too much.',
  ),
  outcome_unknown: row(503, 1028, 7).retry('It could not be established whether the change was stored.'),
  storage_busy: row(503, 1029, 7).retry('Other processes kept the journal busy; nothing was stored.'),
  storage_full: row(507, 1030, 6).retry('There is no room to store the change; nothing was stored.'),
  storage_read_only: row(507, 1031, 6).retry('The journal cannot be written; nothing was stored.'),
  storage_failed: row(503, 1032, 6).retry('The storage failed.'),
  journal_corrupt: row(500, 1033, 6).final('The journal is damaged.'),
  journal_missing: row(500, 1034, 6).final('A journal that existed is not where it was.'),
  journal_replaced: row(503, 1042, 6).final(
    'Another journal has come into the place of the one that this process has open.',
  ),
  upgrade_required: row(503, 1035, 6).final('The journal was written by a newer version of Signalbox.'),
  overloaded: row(503, 1036, 7).retry('Too much is waiting; nothing was stored.'),
  stopping: row(503, 1037, 7).retry('The process is stopping; nothing was stored.'),
  other_hub: row(421, 1038, 3).final('The call was meant for another hub; nothing was stored.'),
  deadlock: row(409, 1039, 4).retry('Waiting would close a circle in which all wait for each other.'),
  unauthenticated: row(401, 1040, 5).final('The call does not say, in a way that holds, who makes it.'),
  rate_limited: row(429, 1041, 7).retry('Too many calls in a short time; nothing was stored.'),
  encryption_key_missing: row(503, 1050, 6).final(
    'The journal is encrypted with a key that this process does not have.',
  ),
  internal: row(500, -32603, 1).final(
    'A defect of Signalbox. The log has the details under the id in the message.',
  ),
} as const satisfies Record<string, ErrorRow>;

export type ErrorCode = keyof typeof errorTable;

export type Details = Readonly<Record<string, unknown>>;

/** An expected "no". The message says what happened, why, and what to do next, in that order. */
export interface Refusal {
  readonly ok: false;
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: Details;
}

export const refuse = (code: ErrorCode, message: string, details: Details = {}): Refusal => ({
  ok: false,
  code,
  message,
  details,
});

export interface Ok<T> {
  readonly ok: true;
  readonly value: T;
}

export type Outcome<T> = Ok<T> | Refusal;

export const ok = <T>(value: T): Ok<T> => ({ ok: true, value });
