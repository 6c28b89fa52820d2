import { clusterPattern, faultInCluster } from '../../journal/cluster-name.ts';
import type { Form } from './forms.ts';

/** A name that can be a schema and the beginning of a key. */
export const clusterForm: Form = {
  schema: { type: 'string', pattern: clusterPattern.source },
  fault: faultInCluster,
};

/**
 * The address of a database by one of these schemes. What it is, with its password, is never repeated. What else is wrong
 * with it is said by the store that reads it, which knows why.
 */
export const databaseForm = (...schemes: readonly string[]): Form => {
  const begins = schemes.map((scheme) => `${scheme}://`);
  return {
    schema: { type: 'string', pattern: `^(${begins.join('|')}).` },
    fault: (text) => {
      if (/^https?:\/\//i.test(text))
        return `REST addresses are not supported; it has to begin with ${begins.join(' or ')}`;
      return begins.some((begin) => text.startsWith(begin))
        ? undefined
        : `it has to be an address that begins with ${begins.join(' or ')}`;
    },
  };
};
