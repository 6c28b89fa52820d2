import { keys } from '../configuration/keys.ts';
import { oauthKeyNames } from '../configuration/oauth-keys.ts';
import { storeFlagNames } from '../configuration/store-keys.ts';
import type { Command } from './command.ts';
import { envFileFlag } from './flags.ts';

export const serve: Command = {
  name: 'serve',
  summary: 'the hub, on http://127.0.0.1:8321',
  words: '',
  keys: [
    'port',
    'host',
    'listen',
    'insecure-no-auth',
    'rate-limits',
    'tls-cert',
    'tls-key',
    'behind-proxy',
    'proxy-header',
    'allowed-hosts',
    'allowed-origins',
    'data-dir',
    ...storeFlagNames,
    'workspace',
    ...oauthKeyNames.filter((name) => keys[name].secret !== true),
    'lock-ttl',
    'lock-ttl-min',
    'lock-ttl-max',
    'otel-endpoint',
  ],
  flags: [envFileFlag],
  example: 'signalbox serve --port 9000 --data-dir ./board',
  run: async ({ configuration, log, terminal }) =>
    (await import('../serve.ts')).serve(configuration.settings, { log, terminal }),
};
