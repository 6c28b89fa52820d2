import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { minuteMs, secondMs } from '../kernel/instants.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Terminal } from '../surfaces/cli/terminal.ts';
import { socketPathIn } from '../surfaces/http/address.ts';
import { type RemoteHub, connectHub } from '../surfaces/http/client.ts';
import type { Settings } from './configuration/settings.ts';
import { confirmPerson } from './confirmation.ts';
import { connectFound } from './found-hub.ts';
import { textOfSecret } from './secrets/secret.ts';
import { readHubFile } from './hub-file.ts';
import { tokenFor } from './token-for.ts';

type Wanted = Pick<Settings, 'dataDir' | 'url' | 'token'>;

/** Prints a link by which whoever opens it comes in with a browser, once the person at the terminal has confirmed it. */
export const offerLogin = async (
  settings: Wanted,
  terminal: Pick<Terminal, 'out' | 'json'>,
): Promise<Outcome<true>> => {
  const found = await hubOf(settings);
  if (!found.ok) return found;
  const hub = found.value;
  try {
    if (socketPathIn(hub.url) !== undefined) return onSocket;
    const confirmed = await confirmPerson({
      lines: [
        `A link will be printed. Whoever opens it within 10 minutes acts at the hub ${hub.url} in your name, with a browser and for 12 hours at most.`,
      ],
      command: 'signalbox login',
    });
    if (!confirmed.ok) return confirmed;
    const offered = await hub.offerLogin();
    if (!offered.ok) return offered;
    const { link, lastsS } = offered.value;
    if (terminal.json) writeJson(terminal, { link, expires_in_s: lastsS });
    else
      terminal.out.write(
        `Open this in your browser within ${(lastsS * secondMs) / minuteMs} minutes. It works once:\n\n  ${link}\n`,
      );
    return ok(true);
  } finally {
    hub.close();
  }
};

const hubOf = async ({ url, token, dataDir }: Wanted): Promise<Outcome<RemoteHub>> => {
  const shown = await (url === undefined ? textOfSecret(token) : tokenFor(url, { token, dataDir }));
  if (!shown.ok) return shown;
  if (url !== undefined) return connectHub(url, { token: shown.value });
  const file = await readHubFile(dataDir);
  const hub = file && (await connectFound(file, shown.value));
  return hub === undefined
    ? refuse(
        'invalid_state',
        'No hub serves this data directory, so there is nothing to log in to. Start one with signalbox serve, then run signalbox login again.',
      )
    : ok(hub);
};

const onSocket = refuse(
  'invalid_state',
  'This hub listens on a socket, which browsers cannot open. Start it on a port to come in with one.',
);
