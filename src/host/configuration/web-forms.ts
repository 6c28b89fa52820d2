import type { Form } from './forms.ts';

/** A host as a browser names it, perhaps with a port: a name, an address of version 4, or one of version 6 in brackets. */
const hostPattern = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::(\d{1,5}))?$/;
const portMax = 65_535;
const listMax = 32;
const partCharactersMax = 260;

/** What stands between commas, in lower case. */
export const listIn = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .toLowerCase()
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

const listForm = (what: string, example: string, holds: (part: string) => boolean): Form => ({
  schema: { type: 'string', minLength: 1 },
  fault: (text) => {
    const parts = listIn(text);
    if (parts.length === 0) return 'it is empty';
    if (parts.length > listMax) return `there may be ${listMax} of them`;
    const wrong = parts.find((part) => part.length > partCharactersMax || !holds(part));
    return wrong === undefined ? undefined : `each has to be ${what}, such as ${example}, without wildcards`;
  },
});

const isHost = (text: string): boolean => {
  const [found, port] = hostPattern.exec(text) ?? [];
  return found !== undefined && Number(port ?? 0) <= portMax;
};

/** An origin as a browser sends it: it leaves out the usual port of the scheme. */
const isOrigin = (text: string): boolean => {
  const url = URL.parse(text);
  return (
    url !== null && ['http:', 'https:'].includes(url.protocol) && url.origin === text && isHost(url.host)
  );
};

export const hostsForm = listForm('a name with or without a port', 'hub.example', isHost);
export const originsForm = listForm('an origin as browsers send it', 'https://hub.example', isOrigin);
