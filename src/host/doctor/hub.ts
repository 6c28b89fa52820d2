import { join } from 'node:path';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { type RemoteHub, connectHub } from '../../surfaces/http/client.ts';
import { connectFound } from '../found-hub.ts';
import { type HubFile, readHubFile } from '../hub-file.ts';
import { version } from '../version.ts';
import { type Check, type Finding, bad, good, warn } from './check.ts';

export const hub: Check = {
  name: 'hub',
  run: async ({ configuration: { settings } }) => {
    if (settings.url !== undefined) {
      const named = await connectHub(settings.url);
      return named.ok ? answering(named.value, undefined) : [bad(named.message, 'signalbox serve')];
    }
    const file = await readHubFile(settings.dataDir);
    if (file === undefined)
      return [
        good('None is running; commands work on the journals themselves. Start one with signalbox serve.'),
      ];
    const found = await connectFound(file);
    return found === undefined ? [gone(file, settings.dataDir)] : answering(found, file.pid);
  },
};

const gone = ({ url, pid }: HubFile, dataDir: string): Finding => {
  const path = join(dataDir, 'hub.json');
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

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const answering = async (found: RemoteHub, pid: number | undefined): Promise<readonly Finding[]> => {
  const { status, workspaces } = await found.health();
  found.close();
  const again = pid === undefined ? 'signalbox serve' : `kill ${pid} && signalbox serve`;
  const findings: Finding[] = [];
  for (const { name, writable, reason } of workspaces) {
    if (!writable)
      findings.push(
        bad(
          `The hub at ${found.url} cannot write workspace "${name}": ${reason ?? 'it does not say why'}`,
          again,
        ),
      );
  }
  if (status === 'stopping') findings.push(warn(`The hub at ${found.url} is stopping.`, 'signalbox serve'));
  if (found.version !== version)
    findings.push(
      warn(`The hub at ${found.url} is version ${found.version}, and this program is ${version}.`, again),
    );
  return findings.length > 0 ? findings : [good(`The one at ${found.url} answers and can write.`)];
};
