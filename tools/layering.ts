import { cyclesAmong, type Import, type Module, parseModule, type Sources, targetOf } from './imports.ts';
import { impuritiesOf } from './purity.ts';
import { findInCode, lineAt } from './scan.ts';

/** Which folders of src the files of each folder may import, besides their own. */
const layers: ReadonlyMap<string, readonly string[]> = new Map([
  ['kernel', []],
  ['areas', ['kernel']],
  ['catalogue', ['kernel', 'areas']],
  ['journal', ['kernel']],
  ['stores', ['kernel', 'journal']],
  ['engine', ['kernel', 'journal']],
  ['followers', ['kernel', 'journal', 'engine']],
  ['surfaces', ['kernel', 'catalogue', 'engine']],
  ['integrations', ['kernel', 'catalogue', 'engine']],
  [
    'host',
    ['kernel', 'areas', 'catalogue', 'journal', 'stores', 'engine', 'followers', 'surfaces', 'integrations'],
  ],
  ['testing', ['kernel', 'areas', 'catalogue', 'journal', 'stores', 'engine', 'followers', 'integrations']],
]);

/** The fixed order of the areas: a model.ts imports only from earlier ones. */
const areaOrder: readonly string[] = [
  'agents',
  'leases',
  'tasks',
  'messages',
  'portals',
  'approvals',
  'votes',
  'costs',
  'memory',
  'plan',
  'threads',
  'workflows',
  'workspaces',
  'access',
  'settings',
  'desk',
];

/** The area that has no state and spans the others: to ask something of them it also makes their commands. */
const spanningArea = 'desk';

/**
 * The folders whose subfolders never import one another: each is replaceable alone. A file that lies beside them is
 * common ground, which each may import and which imports none of them.
 */
const strangers: readonly string[] = ['stores', 'surfaces'];

/** The lists of areas and of their operations, the only files of src/areas that stand outside an area. */
const listsOfAreas: readonly string[] = ['src/areas/index.ts', 'src/areas/operations.ts'];

const orderFile = 'src/kernel/rerooted-order.ts';
const orderPackage = 'sorted-btree';

/** The packages open to the folders that do no I/O; every other folder may import any package. */
const packages: ReadonlyMap<string, readonly string[]> = new Map([
  ['kernel', ['zod', orderPackage]],
  ['areas', ['zod']],
]);

interface Place {
  readonly path: string;
  /** The folder of src, or 'index' for a file that lies in src itself. */
  readonly folder: string;
  /** The folder or file below that one: the area, the store, the surface. */
  readonly unit: string;
  /** The path inside the unit. */
  readonly rest: string;
}

const placeOf = (path: string): Place => {
  const [, folder = '', unit = '', ...rest] = path.replace(/\.ts$/, '').split('/');
  return { path, folder, unit, rest: rest.join('/') };
};

const isTest = (path: string): boolean => path.endsWith('.test.ts');
const isTestCode = (path: string): boolean => isTest(path) || path.endsWith('.contract.ts');
const isModel = ({ rest }: Place): boolean => rest === 'model' || rest.startsWith('model/');
const isOpenModel = ({ rest }: Place): boolean => rest === 'model' || rest === 'model/index';
const isOpenDecide = ({ rest }: Place): boolean => rest === 'decide' || rest === 'decide/index';
const packageOf = (specifier: string): string =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

const mayImportFolder = (from: Place, to: Place): boolean => {
  if (from.folder === to.folder) return true;
  if (to.folder === 'testing' && isTestCode(from.path)) return true;
  if (from.folder === 'index') return to.folder !== 'testing';
  return layers.get(from.folder)?.includes(to.folder) ?? false;
};

const betweenAreas = (from: Place, to: Place): string | undefined => {
  if (listsOfAreas.includes(from.path) || from.unit === to.unit) return undefined;
  if (listsOfAreas.includes(to.path)) return 'an area does not import the list of areas';
  if (from.unit === spanningArea && !isModel(from) && isOpenDecide(to)) return undefined;
  if (!isOpenModel(to)) return `of another area only model.ts may be imported, not ${to.path}`;
  const earlier = areaOrder.indexOf(to.unit) < areaOrder.indexOf(from.unit);
  return isModel(from) && !earlier
    ? `a model.ts imports only from earlier areas, and ${to.unit} comes after ${from.unit}`
    : undefined;
};

const betweenFiles = (from: Place, to: Place): string | undefined => {
  if (isTest(to.path)) return `${to.path} is a test; nothing imports it`;
  if (!mayImportFolder(from, to)) return `src/${from.folder} may not import src/${to.folder} (${to.path})`;
  if (from.folder !== to.folder) return undefined;
  if (from.folder === 'areas') return betweenAreas(from, to);
  const strange = strangers.includes(from.folder) && from.unit !== to.unit && to.rest !== '';
  return strange ? `${from.unit} and ${to.unit} of src/${from.folder} may not know each other` : undefined;
};

const ofPackage = (from: Place, specifier: string): string | undefined => {
  const name = packageOf(specifier);
  if (name === orderPackage && from.path !== orderFile) return `only ${orderFile} may import ${name}`;
  const open = packages.get(from.folder);
  return open === undefined || open.includes(name)
    ? undefined
    : `src/${from.folder} may not import ${specifier}`;
};

/** What is wrong with one import of a file that is not a test. */
const faultOf = (from: Place, { specifier }: Import, sources: Sources): string | undefined => {
  if (specifier === undefined) return 'a computed import escapes every check of the layering';
  const target = targetOf(from.path, specifier);
  if (target === undefined) return ofPackage(from, specifier);
  if (!target.startsWith('src/')) return target.endsWith('.ts') ? `${target} lies outside src` : undefined;
  if (sources.has(target)) return betweenFiles(from, placeOf(target));
  return /\.\w+$/.test(target) && !/\.[cm]?[jt]s$/.test(target) ? undefined : `there is no file ${target}`;
};

const misplaced = ({ path, folder, unit }: Place): string | undefined => {
  if (!path.endsWith('.ts')) return 'code in src is written in .ts files';
  if (folder !== 'index' && !layers.has(folder)) return `src/${folder} is not in the table of layers`;
  if (folder !== 'areas' || listsOfAreas.includes(path) || isTest(path)) return undefined;
  if (path.split('/').length < 4) return 'a file of src/areas lies in an area';
  return areaOrder.includes(unit) ? undefined : `the area ${unit} is not in the order of areas`;
};

const inModule = ({ path, source, scanned, imports }: Module, sources: Sources): readonly string[] => {
  const place = placeOf(path);
  const where = misplaced(place);
  const faults = where === undefined ? [] : [{ at: 0, text: where }];
  for (const { at } of findInCode(scanned, /\bexport\s+(?:type\s+)?\*/g)) {
    faults.push({ at, text: 'an index lists its exports by name, without export *' });
  }
  for (const found of isTest(path) ? [] : imports) {
    const text = faultOf(place, found, sources);
    if (text !== undefined) faults.push({ at: found.at, text });
  }
  if (place.folder === 'areas' && !isTest(path)) faults.push(...impuritiesOf(scanned));
  return faults.map(({ at, text }) => `${path}:${lineAt(source, at)}: ${text}`);
};

/** Every breach of the layering in the code files of src, as `path:line: what is wrong`. */
export const layeringFaults = (sources: Sources): readonly string[] => {
  const modules = [...sources].map(([path, source]) => parseModule(path, source));
  return [
    ...modules.flatMap((module) => inModule(module, sources)),
    ...cyclesAmong(modules).map((cycle) => `cycle: ${cycle.join(' -> ')}`),
  ];
};
