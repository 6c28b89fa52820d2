import type { Form } from './forms.ts';

const clusterPattern = /^[a-z][a-z0-9_]{0,39}$/;

/** A name that can be a schema and the beginning of a key. */
export const clusterForm: Form = {
  schema: { type: 'string', pattern: clusterPattern.source },
  fault: (text) =>
    clusterPattern.test(text)
      ? undefined
      : 'a cluster has up to 40 lower-case letters, digits and _, and begins with a letter',
};

/** The address of a database by one of these schemes. What it is, with its password, is never repeated. */
export const databaseForm = (...schemes: readonly string[]): Form => {
  const begins = schemes.map((scheme) => `${scheme}://`);
  return {
    schema: { type: 'string', pattern: `^(${begins.join('|')}).` },
    fault: (text) => {
      if (/^https?:\/\//.test(text))
        return `REST addresses are not supported; it has to begin with ${begins.join(' or ')}`;
      const isOne = begins.some((begin) => text.startsWith(begin)) && URL.canParse(text);
      return isOne ? undefined : `it has to be an address that begins with ${begins.join(' or ')}`;
    },
  };
};
