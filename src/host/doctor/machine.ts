import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { shellWord } from '../../surfaces/cli/answer.ts';
import { version } from '../version.ts';
import { type Check, type Finding, bad, good, warn } from './check.ts';

/** The oldest Node that the program is written for. */
const nodeMajorMin = 24;

export const versions: Check = {
  name: 'versions',
  run: async () => {
    const node = process.versions.node;
    return [
      Number.parseInt(node, 10) < nodeMajorMin
        ? bad(`Node ${node} is too old; Signalbox needs ${nodeMajorMin}.`, `npm install node@${nodeMajorMin}`)
        : good(`Signalbox ${version} on Node ${node}.`),
    ];
  },
};

const mebibyte = 1_048_576;
const badBelowBytes = 100 * mebibyte;
const warnBelowBytes = 1_024 * mebibyte;

export const diskSpace: Check = {
  name: 'disk space',
  run: async ({ configuration: { settings } }) => {
    const space = await freeAround(settings.dataDir);
    return space === undefined ? [] : [ofSpace(space.folder, space.freeBytes)];
  },
};

export const ofSpace = (folder: string, freeBytes: number): Finding => {
  const said = `${Math.floor(freeBytes / mebibyte).toLocaleString('en-GB')} MiB are free where ${folder} is.`;
  const mend = `du -xh ${shellWord(folder)} | sort -h | tail`;
  if (freeBytes < badBelowBytes) return bad(`Only ${said}`, mend);
  return freeBytes < warnBelowBytes ? warn(`Only ${said}`, mend) : good(said);
};

interface Space {
  readonly folder: string;
  readonly freeBytes: number;
}

/** Of the folder itself, or the nearest one above that is there; undefined on what has no room of its own, as /proc. */
const freeAround = async (path: string): Promise<Space | undefined> => {
  for (let folder = path; ; folder = dirname(folder)) {
    try {
      const { blocks, bavail, bsize } = await statfs(folder);
      return blocks === 0 ? undefined : { folder, freeBytes: bavail * bsize };
    } catch (thrown) {
      if (dirname(folder) === folder) throw thrown;
    }
  }
};
