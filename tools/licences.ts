import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { packageOf } from './bundle.ts';

const about = z.object({ name: z.string(), version: z.string(), license: z.string() });

/** Files that say under which terms a package may be passed on. */
const termsFile = /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i;

/** Where a bundler has put the code of another package into a file. */
const foreignCode = /^\s*\/\/\s*#?region .*node_modules\//m;

const intro = `Signalbox is under the licence in the file LICENSE. Its code in the folder lib has in it code of the packages
below, each under the licence that follows its name.
`;

export interface Licences {
  /** The text of the file, for the packages that nothing is wrong with. */
  readonly text: string;
  /** What stands in the way of passing the code on: one sentence each. */
  readonly faults: readonly string[];
}

/** The licences of all packages whose code is among the inputs, which are paths from the folder. */
export const thirdPartyLicences = (folder: string, inputs: readonly string[]): Licences => {
  const bundled = inputs.filter((path) => path.includes('node_modules/'));
  const packages = [...new Set(bundled.map(placeOf))].toSorted().map((at) => readPackage(join(folder, at)));
  return {
    text: [intro, ...packages.filter(({ texts }) => texts.length > 0).map(sectionOf)].join(
      `\n${'-'.repeat(80)}\n\n`,
    ),
    faults: [
      ...packages
        .filter(({ texts }) => texts.length === 0)
        .map(({ title }) => `${title} brings no text of its licence.`),
      ...bundled
        .filter((path) => foreignCode.test(readFileSync(join(folder, path), 'utf8')))
        .map((path) => `${path} has code of other packages in it, whose licences are not known.`),
    ],
  };
};

/** The folder of the package that a file belongs to. */
const placeOf = (path: string): string => {
  const behind = path.lastIndexOf('node_modules/') + 'node_modules/'.length;
  return path.slice(0, behind) + packageOf(path.slice(behind));
};

interface Package {
  readonly title: string;
  readonly texts: readonly string[];
}

const readPackage = (folder: string): Package => {
  const { name, version, license } = about.parse(
    JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')),
  );
  const texts = readdirSync(folder)
    .filter((file) => termsFile.test(file))
    .toSorted()
    .map((file) => readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim());
  return { title: `${name} ${version} (${license})`, texts };
};

const sectionOf = ({ title, texts }: Package): string => `${[title, ...texts].join('\n\n')}\n`;
