import type { Catalogue } from '../catalogue/catalogue.ts';
import { systemClock } from '../engine/clock.ts';
import type { Log } from '../engine/log.ts';
import { type Outcome, ok } from '../kernel/errors.ts';
import type { Terminal } from '../surfaces/cli/terminal.ts';
import { takeOffice } from '../stores/sqlite/office.ts';
import type { Hub } from '../surfaces/hub.ts';
import { socketPathIn } from '../surfaces/http/address.ts';
import { loginLink } from '../surfaces/http/login-desk.ts';
import { createHttpSurface } from '../surfaces/http/surface.ts';
import { type Access, openAccess } from './access/access.ts';
import { Denials } from './access/denials.ts';
import { ownerCaller } from './access/token-gate.ts';
import type { OwnerToken } from './access/owner-token.ts';
import { announceHub } from './announce-hub.ts';
import type { Settings } from './configuration/settings.ts';
import { namingFirstHub } from './first-hub.ts';
import { lateMcp } from './late-mcp.ts';
import { Meter } from './metrics/meter.ts';
import { type Ready, readySteps } from './next-steps.ts';
import { type OpenHubOptions, type OpenedHub, openHub } from './open-hub.ts';
import { openingHub } from './opening-hub.ts';
import { stopSignal } from './stop-signal.ts';
import { tuneV8 } from './tuned-v8.ts';
import { version } from './version.ts';
import { addressesOf, settleExposure } from './web/exposure.ts';
import { wholeCatalogue } from './whole-catalogue.ts';

export interface ServeOptions {
  readonly log: Log;
  readonly terminal: Pick<Terminal, 'out' | 'json'>;
}

/** Serves the hub until the process is told to stop, which may be before it is ready. */
export const serve = async (settings: Settings, { log, terminal }: ServeOptions): Promise<Outcome<true>> => {
  const { oauth } = settings;
  if (!oauth.ok) return oauth;
  tuneV8();
  const told = stopSignal();
  const stop = new AbortController();
  void told.then((signal) => {
    log.info('told to stop', { signal });
    stop.abort();
  });
  const exposure = await settleExposure(settings);
  if (!exposure.ok) return exposure;
  const catalogue = wholeCatalogue();
  const opening = Promise.withResolvers<Outcome<Hub>>();
  const meter = await openMeter(catalogue, settings.otelEndpoint, log);
  const denials = new Denials({ clock: systemClock, log, meter });
  const access = openAccess({ ...settings, oauth: oauth.value }, { clock: systemClock, log, denials });
  const hub = openingHub(version, opening.promise, stop.signal);
  const mcp = lateMcp({ hub, catalogue, clock: systemClock, log });
  let hubUrl = '';
  const surface = createHttpSurface({
    hub,
    catalogue,
    mcp,
    clock: systemClock,
    log,
    gate: access.gate,
    takeAlone: takeOffice,
    exposure: exposure.value,
    login: { desk: access.logins, hubUrl: () => hubUrl },
  });
  // The port comes first: a start that cannot have it leaves the data directory as it was. Holding it from here on,
  // instead of only asking whether it is free, leaves no moment in which another process could take it.
  const listening = await surface.listen(settings.listen);
  if (!listening.ok) return namingFirstHub(listening, { at: settings.listen, dataDir: settings.dataDir });
  const { url, publicUrl } = addressesOf(listening.value, exposure.value, settings.web);
  hubUrl = publicUrl;
  log.info('listening', { url: listening.value.url });
  const opened = await openGuarded(settings, access, { catalogue, log, denials, meter, ticksFirst: true });
  opening.resolve(opened.ok ? ok(opened.value.hub) : opened);
  if (!opened.ok) {
    await surface.close();
    return opened;
  }
  const withdraw = stop.signal.aborted
    ? undefined
    : await announce(opened.value, {
        url,
        settings,
        log,
        token: access.own,
        certificate: exposure.value.tls?.cert,
      });
  if (!stop.signal.aborted) {
    const login = firstLogin(access, opened.value.token, publicUrl);
    const { dataDir, store } = settings;
    sayReady({ ...opened.value, url: publicUrl, dataDir, store, login }, terminal);
    mcp.started();
  }
  await told;
  // Whoever looks for a hub from here on does not find this one; then those who have found it are answered.
  await withdraw?.();
  await surface.close();
  await access.close();
  await denials.flush();
  await opened.value.hub.close();
  await meter.close();
  log.info('stopped');
  return ok(true);
};

/** What traces with is loaded only by a hub that is told where to. */
const openMeter = async (
  { operations }: Catalogue,
  endpoint: string | undefined,
  log: Log,
): Promise<Meter> => {
  const tracing =
    endpoint === undefined ? undefined : (await import('./tracing/open.ts')).openTracing({ endpoint, log });
  return new Meter({ operations, monotonic: systemClock.monotonic, tracing });
};

const sayReady = (ready: Ready, terminal: ServeOptions['terminal']): void => {
  terminal.out.write(readySteps({ ...ready, onTerminal: process.stdout.isTTY }, terminal));
};

/**
 * The first start gives its owner a link, on a terminal: what else reads the output would keep it. Nothing where there is
 * a socket, which browsers cannot open.
 */
const firstLogin = (
  { logins }: Access,
  token: OwnerToken | undefined,
  hubUrl: string,
): string | undefined => {
  const isFirst = token?.kind === 'file' && token.made;
  if (!isFirst || !process.stdout.isTTY || socketPathIn(hubUrl) !== undefined) return undefined;
  const offered = logins.offer(ownerCaller);
  return offered.ok ? loginLink(hubUrl, offered.value.code) : undefined;
};

/** Opens the journals, and then the way in for whom they know. */
const openGuarded = async (
  settings: Settings,
  access: Access,
  how: OpenHubOptions,
): Promise<Outcome<OpenedHub & { readonly token: OwnerToken | undefined }>> => {
  const opened = await openHub(settings, { ...how, access: access.settings });
  if (!opened.ok) return opened;
  if (opened.value.warning !== undefined) how.log.warn(opened.value.warning);
  const token = await access.open(opened.value.engine);
  if (token.ok) return ok({ ...opened.value, token: access.settings.isOpen() ? undefined : token.value });
  await opened.value.hub.close();
  return token;
};

const announce = (
  { journal }: OpenedHub,
  {
    url,
    settings,
    log,
    token,
    certificate,
  }: {
    readonly url: string;
    readonly settings: Settings;
    readonly log: Log;
    readonly token: string | undefined;
    readonly certificate: string | undefined;
  },
): Promise<() => Promise<void>> =>
  announceHub(
    { dataDir: settings.dataDir, log },
    {
      id: journal.identity.id,
      url,
      pid: process.pid,
      ...(token !== undefined && { token }),
      ...(certificate !== undefined && { certificate }),
    },
  );
