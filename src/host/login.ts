import { type Outcome, ok, refuse } from '../kernel/errors.ts';
import { minuteMs, secondMs } from '../kernel/instants.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Terminal } from '../surfaces/cli/terminal.ts';
import { socketPathIn } from '../surfaces/http/address.ts';
import { confirmPerson } from './confirmation.ts';
import { type HubWanted, servingHub } from './serving-hub.ts';

/** Prints a link by which whoever opens it comes in with a browser, once the person at the terminal has confirmed it. */
export const offerLogin = async (
  settings: HubWanted,
  terminal: Pick<Terminal, 'out' | 'json'>,
): Promise<Outcome<true>> => {
  const found = await servingHub(settings, nothingToLogInTo);
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

const onSocket = refuse(
  'invalid_state',
  'This hub listens on a socket, which browsers cannot open. Start it on a port to come in with one.',
);

const nothingToLogInTo = refuse(
  'invalid_state',
  'No hub serves this data directory, so there is nothing to log in to. Start one with signalbox serve, then run signalbox login again.',
);
