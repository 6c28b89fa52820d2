export const nameLengthMax = 64;

/** Names of agents, projects, slugs, labels: letters, digits, `.`, `_`, `-`; no path can be made of them. */
export const namePattern = /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9_-])?$/;

/** What stands between two parts of a path that leads upwards. */
export const upwards = '..';

/** What is said of a text that is no name. */
export const nameWords = {
  characters: (what: string): string =>
    `${what} may hold letters, digits, ".", "_" and "-", and begins with a letter or digit`,
  upwards: (what: string): string => `${what} may not hold "${upwards}"`,
  length: (what: string): string => `${what} has 1 to ${nameLengthMax} characters`,
} as const;

/** Why a text is no name; undefined when it is one. What `nameSchema` refuses, without loading what makes schemas. */
export const faultInName = (what: string, text: string): string | undefined => {
  if (text === '' || text.length > nameLengthMax) return nameWords.length(what);
  if (!namePattern.test(text)) return nameWords.characters(what);
  return text.includes(upwards) ? nameWords.upwards(what) : undefined;
};

export const isName = (text: string): boolean => faultInName('A name', text) === undefined;

/** The first person, who is there from the start and is admin for ever. */
export const ownerPrincipal = 'owner';
