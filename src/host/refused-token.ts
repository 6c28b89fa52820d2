import type { Refusal } from '../kernel/errors.ts';
import { shortPath } from './first-hub.ts';
import type { Configuration } from './configuration/configuration.ts';

type Read = Pick<Configuration, 'settings' | 'origins'>;

/**
 * What a hub says to a program that it does not let in, in the words of who typed a command: where the token was said,
 * instead of the header that it went in.
 */
export const refusedToken = <T extends Refusal>(refusal: T, configuration: Read): T => {
  const { standing } = refusal.details;
  if (configuration.settings.token === undefined)
    return standing === 'not_shown' ? { ...refusal, message: withoutToken(configuration) } : refusal;
  const origin = configuration.origins.get('token');
  const [place, leave] =
    origin?.kind === 'file'
      ? [`${shortPath(origin.path)}:${origin.line}`, 'take it out of that file']
      : ['SIGNALBOX_TOKEN', 'leave SIGNALBOX_TOKEN unset'];
  const message = `${saidOf(`The token in ${place}`, refusal)} On your own data directory you need none: ${leave}.`;
  return { ...refusal, message };
};

const others = 'signalbox token create, in a terminal on the data directory of that hub, makes';

const withoutToken = ({ settings: { url, dataDir }, origins }: Read): string => {
  const where = origins.get('url');
  if (url === undefined)
    return `The hub of the data directory ${shortPath(dataDir)} asks who calls: it was given its owner's token in SIGNALBOX_TOKEN when it was started, and left none there. Set the same SIGNALBOX_TOKEN here, or token in a configuration file: ${others} others.`;
  const leave =
    where?.kind === 'environment'
      ? `leave ${where.variable} unset`
      : where?.kind === 'file'
        ? `take url out of ${shortPath(where.path)}`
        : 'leave out --url';
  return `This hub asks who calls, and no token was given. Set SIGNALBOX_TOKEN, or token in a configuration file: ${others} one. On your own data directory you need none: ${leave}.`;
};

const saidOf = (which: string, { message, details: { standing } }: Refusal): string =>
  standing === 'unknown' || standing === 'not_shown'
    ? `${which} is none of this hub. ${others} another one.`
    : message.replace(/^This token\b/, which);
