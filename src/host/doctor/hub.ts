import { shellWord } from '../../surfaces/cli/answer.ts';
import { unixAddress } from '../../surfaces/http/address.ts';
import { type RemoteHub, connectHub } from '../../surfaces/http/client.ts';
import { type Listen, urlOf } from '../../surfaces/http/listen.ts';
import type { Refusal } from '../../kernel/errors.ts';
import { textOfSecret } from '../secrets/secret.ts';
import { connectFound } from '../found-hub.ts';
import { type FoundHubFile, type HubFile, isAlive, lookAtHubFile } from '../hub-file.ts';
import { openStorage } from '../storage.ts';
import { version } from '../version.ts';
import { type Check, type Finding, type Patient, bad, good, warn } from './check.ts';
import { leaveUrlOut, moveAside, permit, serveAt } from './mends.ts';

/** A hub on this machine answers at once. */
const answerTimeoutMs = 1_000;

export const hub: Check = {
  name: 'hub',
  run: async (patient) => {
    const { dataDir, url, token } = patient.configuration.settings;
    const found = await lookAtHubFile(dataDir);
    if (url !== undefined) return atUrl(url, found, patient);
    if (patient.sealed) return [];
    if (found.kind === 'unreadable') return [unreadable(found)];
    if (found.kind === 'absent') return [await unannounced(patient)];
    const shown = await textOfSecret(token);
    if (!shown.ok) return [unshown(shown)];
    const running = await connectFound(found.file, shown.value);
    const { pid, url: address } = found.file;
    if (running !== undefined) return answering(running, { pid, checkup: 'signalbox doctor', patient });
    return isAlive(pid) && (await lacksDatabase(patient))
      ? [waitsForDatabase(`${address} does not answer in time`)]
      : [gone(found)];
  },
};

/** The one that was named by its address. */
const atUrl = async (url: string, found: FoundHubFile, patient: Patient): Promise<readonly Finding[]> => {
  const shown = await textOfSecret(patient.configuration.settings.token);
  if (!shown.ok) return [unshown(shown)];
  const named = await connectHub(url, { token: shown.value });
  if (!named.ok) return [silent(url, named, patient)];
  const own = found.kind === 'read' && found.file.id === named.value.id ? found.file : undefined;
  return answering(named.value, { pid: own?.pid, checkup: 'env -u SIGNALBOX_URL signalbox doctor', patient });
};

/** Nothing can show the hub who asks. */
const unshown = ({ message }: Refusal): Finding => bad(message, 'signalbox config');

const silent = (url: string, { details }: Refusal, patient: Patient): Finding => {
  if (details['strange'] === true)
    return bad(
      `What answers at ${String(details['url'])} is not a Signalbox hub. Leave the address out, and the hub of the data directory is used.`,
      leaveUrlOut(patient),
    );
  const start = serveAt(url);
  const { url: shown = 'the address', reason = 'it is no address' } = details;
  const what = `The hub at ${String(shown)} does not answer (${String(reason)}).`;
  return start === undefined
    ? bad(`${what} Start it on its machine, or leave the address out.`, leaveUrlOut(patient))
    : bad(what, start);
};

const unreadable = ({ path, reason }: Extract<FoundHubFile, { readonly kind: 'unreadable' }>): Finding => {
  const [why, mend] =
    reason === 'EISDIR'
      ? ['it is a folder', moveAside(path)]
      : reason === 'EACCES'
        ? ['this user may not', permit([path], 'u+rw')]
        : [reason, `rm -f ${shellWord(path)}`];
  return warn(
    `${path}, by which commands find the hub, cannot be read: ${why}. A hub writes it when it starts; one that runs now is not found.`,
    mend,
  );
};

/** No file names a hub, and one may run all the same. */
const unannounced = async ({ configuration, journals }: Patient): Promise<Finding> => {
  const { listen, dataDir } = configuration.settings;
  const url = addressOf(listen);
  const answer = url === undefined ? undefined : await connectHub(url, { timeoutMs: answerTimeoutMs });
  if (answer?.ok === true) answer.value.close();
  const list = journals.find(({ file }) => file === 'hub.journal')?.checked;
  return url !== undefined &&
    answer?.ok === true &&
    list?.ok === true &&
    answer.value.id === list.value.identity.id
    ? warn(
        `The one at ${url} serves ${dataDir}, but hub.json in it, by which commands find it, is gone. Stop it and start it again, or name its address.`,
        `export SIGNALBOX_URL=${shellWord(url)}`,
      )
    : good('None is running; commands work on the journals themselves. Start one with signalbox serve.');
};

const addressOf = (listen: Listen): string | undefined => {
  if (listen.kind === 'unix') return unixAddress(listen.path);
  return listen.port === 0 ? undefined : urlOf(listen);
};

const gone = ({ path, file: { url, pid } }: { readonly path: string; readonly file: HubFile }): Finding => {
  if (isAlive(pid) && url.startsWith('https:')) {
    return warn(
      `${path} names a hub at ${url} whose process ${pid} is alive, and that is not reached from here: most often because its certificate is not trusted. Name the file of the certificate, or of who signed it.`,
      'export NODE_EXTRA_CA_CERTS=/path/to/certificate.pem',
    );
  }
  return isAlive(pid)
    ? warn(
        `${path} names a hub at ${url} that does not answer as it, but process ${pid} is alive. If that is the hub, it hangs.`,
        `kill ${pid}`,
      )
    : warn(
        `${path} names a hub at ${url} that is gone; it ended without taking the file away.`,
        `rm ${shellWord(path)}`,
      );
};

interface Running {
  /** Its process, where that is known. */
  readonly pid: number | undefined;
  /** What shows more where it runs. */
  readonly checkup: string;
  readonly patient: Patient;
}

/** Whether the store is a database that does not answer this process either. */
const lacksDatabase = async ({ configuration: { settings } }: Patient): Promise<boolean> => {
  if (settings.store.kind === 'sqlite') return false;
  const storage = await openStorage(settings, { mayPrepare: false });
  if (storage.ok) await storage.value.close();
  return !storage.ok && (storage.code === 'storage_failed' || storage.code === 'storage_busy');
};

const waitsForDatabase = (what: string): Finding =>
  bad(
    `The hub at ${what}, because its database does not answer. It needs no restart: it goes on by itself as soon as the database does. See that the server of the database runs; the command looks again.`,
    'signalbox doctor',
  );

/** The port is free only when the old one has ended. */
export const startAgain = (pid: number, url: string): string =>
  `kill ${pid} && while kill -0 ${pid} 2>/dev/null; do sleep 1; done; ${serveAt(url) ?? 'signalbox serve'}`;

const answering = async (
  found: RemoteHub,
  { pid, checkup, patient }: Running,
): Promise<readonly Finding[]> => {
  const { status, workspaces } = await found.health();
  found.close();
  const stuck = workspaces.filter(({ writable }) => !writable);
  if (stuck.length > 0 && (await lacksDatabase(patient)))
    return [waitsForDatabase(`${found.url} cannot write`)];
  const findings: Finding[] = [];
  for (const { name, reason } of stuck) {
    findings.push(
      bad(
        `The hub at ${found.url} cannot write workspace "${name}": ${reason ?? 'it does not say why'}`,
        pid === undefined ? checkup : startAgain(pid, found.url),
      ),
    );
  }
  for (const { name, reason } of workspaces.filter(({ writable }) => writable))
    if (reason !== null)
      findings.push(
        bad(
          `The hub at ${found.url} can write workspace "${name}", but not read all of it: ${reason}`,
          checkup,
        ),
      );
  if (status === 'stopping')
    findings.push(warn(`The hub at ${found.url} is stopping.`, serveAt(found.url) ?? 'signalbox serve'));
  if (found.version !== version) findings.push(otherVersion(found, pid));
  return findings.length > 0 ? findings : [good(`The one at ${found.url} answers and can write.`)];
};

const otherVersion = ({ url, version: other }: RemoteHub, pid: number | undefined): Finding => {
  const what = `The hub at ${url} is version ${other}, and this program is ${version}.`;
  return pid === undefined
    ? warn(
        `${what} Start it anew with this version where it runs, or use its version here.`,
        `npm install ${shellWord(`signalbox@${other}`)}`,
      )
    : warn(what, startAgain(pid, url));
};
