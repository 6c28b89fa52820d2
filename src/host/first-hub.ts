import { homedir } from 'node:os';
import type { Refusal } from '../kernel/errors.ts';
import { secondMs } from '../kernel/instants.ts';
import { unixAddress } from '../surfaces/http/address.ts';
import { connectHub } from '../surfaces/http/client.ts';
import { type Listen, urlOf } from '../surfaces/http/listen.ts';
import { readHubFile } from './hub-file.ts';

/** A hub on this machine answers at once. */
const answerTimeoutMs = secondMs;

interface Wanted {
  readonly at: Listen;
  readonly dataDir: string;
}

/** The refusal of an address that is taken, with the name of the hub that has it, if it is one. */
export const namingFirstHub = async (refusal: Refusal, wanted: Wanted): Promise<Refusal> => {
  if (refusal.details['reason'] !== 'EADDRINUSE') return refusal;
  const { at } = wanted;
  const url = at.kind === 'tcp' ? urlOf(at) : unixAddress(at.path);
  const place = at.kind === 'tcp' ? `Port ${at.port} on ${at.host}` : `The socket ${at.path}`;
  const another = at.kind === 'tcp' ? 'choose another port with --port' : 'choose another path with --listen';
  const found = await connectHub(url, { timeoutMs: answerTimeoutMs });
  if (!found.ok) {
    return found.details['strange'] === true
      ? {
          ...refusal,
          message: `${place} is in use by a program that is not a Signalbox hub. Stop that, or ${another}.`,
        }
      : refusal;
  }
  const { id, version } = found.value;
  found.value.close();
  const first = await aboutFirst({ id, url, dataDir: wanted.dataDir });
  return {
    ...refusal,
    message: `${place} is in use by a Signalbox hub already: version ${version}${first.text}. Use that one, its address is ${url}, or ${another}. signalbox --help lists the commands.`,
    details: { ...refusal.details, url, hub: id, version, ...first.details },
  };
};

/** What the file in the data directory knows of the hub that was found. */
const aboutFirst = async ({
  id,
  url,
  dataDir,
}: {
  readonly id: string | undefined;
  readonly url: string;
  readonly dataDir: string;
}): Promise<{ readonly text: string; readonly details: Readonly<Record<string, unknown>> }> => {
  const file = await readHubFile(dataDir);
  if (file === undefined || id === undefined) return { text: '', details: {} };
  if (file.id !== id) return { text: ', with another data directory', details: {} };
  const text = `, with the data directory ${shortPath(dataDir)}`;
  // A second hub on the same data directory is not the one whose file is there.
  return samePort(file.url, url)
    ? { text: `, process ${file.pid}${text}`, details: { pid: file.pid, data_dir: dataDir } }
    : { text, details: { data_dir: dataDir } };
};

/** 127.0.0.1 and localhost are one address here. */
const samePort = (one: string, other: string): boolean =>
  one === other || (URL.parse(one)?.port ?? '') === (URL.parse(other)?.port ?? one);

/** A path as people write it. */
export const shortPath = (path: string): string =>
  path.startsWith(`${homedir()}/`) ? `~${path.slice(homedir().length)}` : path;
