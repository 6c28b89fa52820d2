import type { Sources } from './imports.ts';
import { lineAt, type Passage, scan } from './scan.ts';

/** A rule's id: the two or three letters of its area and a number. */
const idPattern = /\b[A-Z]{2,3}[1-9]\d*\b/g;

const rulesPath = /^src\/areas\/([^/]+)\/RULES\.md$/;
const areaPath = /^src\/areas\/([^/]+)\/.*\.ts$/;

/** How a rule stands in the list: its id in bold, then the sentence. */
const ruleItem = /^[-*] \*\*([A-Z]{2,3}[1-9]\d*)\*\* +(\S.*)$/;
const anyItem = /^(?:[-*+]|\d+\.) /;

interface Rule {
  readonly id: string;
  readonly area: string;
  readonly where: string;
}

interface RulesFile {
  readonly rules: readonly Rule[];
  readonly faults: readonly string[];
}

interface Citation {
  readonly id: string;
  readonly area: string | undefined;
  readonly where: string;
  readonly byTest: boolean;
}

const prefixOf = (id: string): string => id.replace(/\d+$/, '');
const idsIn = ({ at, text }: Passage): readonly { readonly at: number; readonly id: string }[] =>
  [...text.matchAll(idPattern)].map((match) => ({ at: at + match.index, id: match[0] }));

/** Lists in the section called Vocabulary explain words; every other item at the margin is a rule. */
const readRules = (path: string, area: string, source: string): RulesFile => {
  const rules: Rule[] = [];
  const faults: string[] = [];
  let inVocabulary = false;
  for (const [index, line] of source.split('\n').entries()) {
    const where = `${path}:${index + 1}`;
    if (line.startsWith('#')) inVocabulary = /vocabulary/i.test(line);
    const id = ruleItem.exec(line)?.[1];
    if (id !== undefined) rules.push({ id, area, where });
    else if (anyItem.test(line) && !inVocabulary) {
      faults.push(`${where}: a rule is written "- **LE7** sentence", with the id of its area`);
    }
  }
  if (rules.length === 0) faults.push(`${path}:1: there is no rule in it`);
  return { rules, faults };
};

/** Ids in comments and strings of the code, and in the text of other rules. */
const citationsIn = (path: string, source: string): readonly Citation[] => {
  const area = areaPath.exec(path)?.[1];
  const byTest = path.endsWith('.test.ts');
  const cite = (at: number, id: string): Citation => ({
    id,
    area,
    byTest,
    where: `${path}:${lineAt(source, at)}`,
  });
  if (!path.endsWith('.ts')) {
    return idsIn({ at: 0, text: source }).map(({ at, id }) => cite(at, id));
  }
  const { comments, strings } = scan(source);
  return [...comments, ...strings].flatMap(idsIn).map(({ at, id }) => cite(at, id));
};

const definedTwice = (rules: readonly Rule[]): readonly string[] => {
  const first = new Map<string, Rule>();
  const areas = new Map<string, string>();
  return rules.flatMap((rule) => {
    const earlier = first.get(rule.id);
    const prefix = prefixOf(rule.id);
    const owner = areas.get(prefix) ?? rule.area;
    first.set(rule.id, earlier ?? rule);
    areas.set(prefix, owner);
    if (earlier !== undefined) return [`${rule.where}: ${rule.id} is already defined at ${earlier.where}`];
    return owner === rule.area ? [] : [`${rule.where}: the prefix ${prefix} belongs to the area ${owner}`];
  });
};

const mixedPrefixes = (rules: readonly Rule[]): readonly string[] => {
  const prefixes = new Map<string, string>();
  return rules.flatMap(({ id, area, where }) => {
    const prefix = prefixes.get(area) ?? prefixOf(id);
    prefixes.set(area, prefix);
    return prefix === prefixOf(id)
      ? []
      : [`${where}: the ids of ${area} begin with ${prefix}, not ${prefixOf(id)}`];
  });
};

const areasWithoutRules = (sources: Sources): readonly string[] => {
  const areas = new Set([...sources.keys()].flatMap((path) => areaPath.exec(path)?.[1] ?? []));
  return [...areas]
    .map((area) => `src/areas/${area}/RULES.md`)
    .filter((path) => !sources.has(path))
    .map((path) => `${path}: the area has no rules`);
};

/**
 * What is wrong between the RULES.md of the areas and the tests that cite them. Takes the files of src and test,
 * Markdown included.
 */
export const ruleFaults = (sources: Sources): readonly string[] => {
  const files = [...sources].flatMap(([path, source]) => {
    const area = rulesPath.exec(path)?.[1];
    return area === undefined ? [] : [readRules(path, area, source)];
  });
  const rules = files.flatMap((file) => file.rules);
  const known = new Set(rules.map(({ id }) => id));
  const prefixes = new Set(rules.map(({ id }) => prefixOf(id)));
  const citations = [...sources].flatMap(([path, source]) =>
    path.endsWith('.ts') || rulesPath.test(path) ? citationsIn(path, source) : [],
  );
  const tested = new Set(citations.flatMap(({ id, area, byTest }) => (byTest ? [`${area} ${id}`] : [])));
  return [
    ...areasWithoutRules(sources),
    ...files.flatMap(({ faults }) => faults),
    ...definedTwice(rules),
    ...mixedPrefixes(rules),
    ...rules
      .filter(({ id, area }) => !tested.has(`${area} ${id}`))
      .map(({ id, area, where }) => `${where}: no test of ${area} cites ${id}`),
    ...citations
      .filter(({ id }) => prefixes.has(prefixOf(id)) && !known.has(id))
      .map(({ id, where }) => `${where}: there is no rule ${id}`),
  ];
};
