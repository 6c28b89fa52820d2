import { type Configuration, type Origin, placeOf } from './configuration.ts';
import { isLoopback } from '../../surfaces/http/loopback.ts';
import { type KeyName, keyNames, keys } from './keys.ts';
import type { Settings } from './settings.ts';
import { archivesFolder } from './store.ts';

/** A key as `signalbox config` shows it. */
export interface ShownKey {
  readonly key: KeyName;
  readonly value: string | number | boolean | null;
  readonly origin: Origin;
  /** Why it does not hold, or cannot. */
  readonly note?: string;
}

/** Every key with the value that holds, and where it was said. */
export const shownKeys = ({ settings, values, origins }: Configuration): readonly ShownKey[] =>
  keyNames.map((key) => {
    const note = noteOn(key, values, settings);
    return {
      key,
      value: valueOf(key, values.get(key), settings),
      origin: origins.get(key) ?? { kind: 'default' },
      ...(note !== undefined && { note }),
    };
  });

const noteOn = (
  key: KeyName,
  values: Configuration['values'],
  { listen, web }: Pick<Settings, 'listen' | 'web'>,
): string | undefined => {
  if (listen.kind === 'unix')
    return key === 'host' || key === 'port' ? 'not used: the hub listens on a socket' : undefined;
  if (key === 'listen' && values.has(key)) return 'not used: host or port is said nearer to the call';
  const open = web.tlsCert !== undefined || web.behindProxy;
  return key === 'host' && !isLoopback(listen.host) && !open
    ? 'serve refuses it: tls-cert and tls-key, or behind-proxy, is needed'
    : undefined;
};

const valueOf = (key: KeyName, text: string | undefined, settings: Settings): ShownKey['value'] => {
  if (key === 'data-dir') return settings.dataDir;
  if (key === 'archives') return archivesFolder(settings) ?? null;
  if (key === 'log-level') return settings.logLevel;
  if (key === 'debug') return settings.debug;
  if (text === undefined) return null;
  if (key === 'url') return withoutPassword(text);
  return keys[key].form.schema['type'] === 'integer' ? Number(text) : text;
};

const withoutPassword = (url: string): string => {
  const parsed = URL.parse(url);
  if (parsed === null || parsed.password === '') return url;
  parsed.password = '***';
  return parsed.href;
};

const nothing = '-';
const gap = '  ';

/** A table of them. Where the terminal is too narrow for it, the place stands on a line of its own. */
export const configurationTable = (shown: readonly ShownKey[], columns: number | undefined): string => {
  const rows = shown.map(
    ({ key, value, origin, note }) =>
      [key, String(value ?? nothing), `${placeOf(origin)}${note === undefined ? '' : ` (${note})`}`] as const,
  );
  const [first, second] = [widest(rows.map(([key]) => key)), widest(rows.map(([, value]) => value))];
  const whole = rows.map(([key, value, place]) => [key.padEnd(first), value.padEnd(second), place].join(gap));
  const fits = columns === undefined || widest(whole) <= columns;
  const lines = fits
    ? whole
    : rows.flatMap(([key, value, place]) => [
        [key.padEnd(first), value].join(gap),
        [''.padEnd(first), place].join(gap),
      ]);
  return lines.map((line) => `${line}\n`).join('');
};

const widest = (texts: readonly string[]): number => Math.max(...texts.map(({ length }) => length));
