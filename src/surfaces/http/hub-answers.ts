import { errorCodeOf } from '../../catalogue/errors.ts';
import { type Outcome, type Refusal, ok, refuse } from '../../kernel/errors.ts';
import { isRecord } from '../../kernel/json.ts';
import type { HubHealth, HubReply, ServiceLevel, ServiceLevels, WorkspaceHealth } from '../hub.ts';
import type { HubAddress } from './address.ts';
import { headerNames, isHeaderText } from './call-headers.ts';
import type { HubAnswer } from './hub-request.ts';

/** An answer that came, whatever it says. */
export type CameBack = Extract<HubAnswer, { readonly ok: true }>;

export const healthIn = (hub: HubAddress, { text }: CameBack): Outcome<HubHealth> => {
  const told = jsonIn(text);
  // To who may not come in a hub says no more than which one it is and how it is.
  const health = isRecord(told) ? { store: 'unknown', workspaces: [], ...told } : told;
  return isHealth(health) ? ok(health) : stranger(hub);
};

// What answers need not be a hub. It is checked by hand, because each command would have to load what makes schemas.

const isHealth = (value: unknown): value is HubHealth =>
  isRecord(value) &&
  statuses.has(value['status']) &&
  // A hub of an older version does not say it.
  (value['id'] === undefined || (typeof value['id'] === 'string' && isHeaderText(value['id']))) &&
  (value['writable'] === undefined || typeof value['writable'] === 'boolean') &&
  // It is repeated in commands that mend.
  typeof value['version'] === 'string' &&
  versionPattern.test(value['version']) &&
  typeof value['store'] === 'string' &&
  Array.isArray(value['workspaces']) &&
  value['workspaces'].every(isWorkspaceHealth);

/** Semantic Versioning 2.0.0, section 2 and 9, within reason. */
const versionPattern = /^\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z.-]{1,64})?$/;

const statuses: ReadonlySet<unknown> = new Set<HubHealth['status']>(['ok', 'degraded', 'stopping']);

const isWorkspaceHealth = (value: unknown): value is WorkspaceHealth =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  typeof value['writable'] === 'boolean' &&
  (value['reason'] === null || typeof value['reason'] === 'string') &&
  Number.isFinite(value['seq']);

/** What the hub has answered; undefined when it was not a hub. */
export const replyIn = ({ status, headers, text }: CameBack): Outcome<HubReply> | undefined => {
  if (status !== 200) return refusalIn(text);
  const value = jsonIn(text);
  if (value === undefined) return undefined;
  const replayed = headers[headerNames.replayed.toLowerCase()] === 'true';
  const textOf = (name: string): string | undefined => {
    const said = headers[name.toLowerCase()];
    return typeof said === 'string' ? said : undefined;
  };
  const [waiting, receipt] = [textOf(headerNames.waiting), textOf(headerNames.receipt)];
  return ok({ value, replayed, waiting, ...(receipt !== undefined && { receipt }) });
};

/** A link by which somebody comes in with a browser. */
export interface OfferedLink {
  readonly link: string;
  readonly lastsS: number;
}

export const linkIn = ({ text }: CameBack): Outcome<OfferedLink> | undefined => {
  const told = jsonIn(text);
  if (!isRecord(told)) return undefined;
  const { link, expires_in_s: lastsS } = told;
  return typeof link === 'string' && URL.canParse(link) && typeof lastsS === 'number'
    ? ok({ link, lastsS })
    : undefined;
};

export const serviceLevelsIn = ({ text }: CameBack): Outcome<ServiceLevels> | undefined => {
  const told = jsonIn(text);
  return isServiceLevels(told) ? ok(told) : undefined;
};

const isServiceLevels = (value: unknown): value is ServiceLevels =>
  isRecord(value) &&
  typeof value['holds'] === 'boolean' &&
  Number.isFinite(value['window_s']) &&
  Array.isArray(value['levels']) &&
  value['levels'].every(isServiceLevel) &&
  (value['faults'] === undefined ||
    (Array.isArray(value['faults']) && value['faults'].every((fault) => typeof fault === 'string')));

const isServiceLevel = (value: unknown): value is ServiceLevel =>
  isRecord(value) &&
  typeof value['name'] === 'string' &&
  (value['unit'] === 's' || value['unit'] === 'part') &&
  (value['value'] === null || Number.isFinite(value['value'])) &&
  Number.isFinite(value['target']) &&
  typeof value['holds'] === 'boolean' &&
  (value['calls'] === undefined || Number.isFinite(value['calls']));

/** Whether something between here and the hub has lost the hub's own answer. */
export const mayHaveBegun = ({ status, text }: CameBack): boolean =>
  status >= 500 && refusalIn(text) === undefined;

/** The refusal that an answer holds, if that is what it is. */
export const refusalIn = (text: string): Refusal | undefined => {
  const answer = jsonIn(text);
  const error = isRecord(answer) ? answer['error'] : undefined;
  if (!isRecord(error)) return undefined;
  const { code, message, details } = error;
  if (typeof code !== 'string' || typeof message !== 'string' || !isRecord(details)) return undefined;
  const known = errorCodeOf(code);
  // A newer hub may have codes that this version has not heard of; what its message says stays true.
  return known === undefined
    ? refuse('internal', `${message} [${code}]`, details)
    : refuse(known, message, details);
};

const jsonIn = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

/** Whether this refusal says that the hub which was called is elsewhere, or will be here again. */
export const isAway = ({ code, details }: Refusal): boolean =>
  code === 'stopping' || code === 'other_hub' || details['strange'] === true;

export const unreached = ({ origin }: HubAddress, reason: string): Refusal =>
  refuse(
    'stopping',
    `The hub at ${origin} does not answer (${reason}). Nothing was stored. See that it runs (signalbox serve), then call again.`,
    { url: origin, reason },
  );

const certificateCodes =
  /^(?:ERR_TLS_CERT|CERT_|DEPTH_ZERO_SELF_SIGNED|SELF_SIGNED_CERT|UNABLE_TO_(?:GET|VERIFY)|ERR_SSL_|HOSTNAME_MISMATCH)/;

/** What came of a call whose answer had no certificate that holds, if that is the reason. Waiting does not mend it. */
export const distrusted = ({ origin }: HubAddress, reason: string): Refusal | undefined =>
  certificateCodes.test(reason)
    ? refuse(
        'forbidden',
        `What answers at ${origin} does not show a certificate that this machine trusts for that name (${reason}). Nothing was sent. Call the hub by a name in its certificate; if its authority is your own, name the file of that one in NODE_EXTRA_CA_CERTS.`,
        { url: origin, reason },
      )
    : undefined;

export const outcomeUnknown = ({ origin }: HubAddress, reason: string, requestId: string): Refusal =>
  refuse(
    'outcome_unknown',
    `The hub at ${origin} went away before it answered (${reason}), so whether this was done is not known. Look at what is there before you do it again.`,
    { url: origin, reason, request: requestId },
  );

export const stranger = ({ origin }: HubAddress): Refusal =>
  refuse(
    'storage_failed',
    `What answers at ${origin} is not a Signalbox hub. Nothing was stored. Start the hub on another port.`,
    { url: origin, strange: true },
  );
