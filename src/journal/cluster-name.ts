import { type Refusal, refuse } from '../kernel/errors.ts';

/** As long as the shortest of all that is named after a cluster can be, with something to spare. */
const lengthMax = 40;

/** Whatever the store, so that a cluster can move: PostgreSQL keeps these to itself, or for everybody. */
const taken = '(?!pg_|(?:public|information_schema)$)';

/** Of the name of a cluster: a schema in PostgreSQL, the beginning of each key in Redis. */
export const clusterPattern = new RegExp(`^${taken}[a-z][a-z0-9_]{0,${lengthMax - 1}}$`);

/** Why a cluster cannot be called so; undefined when it can. */
export const faultInCluster = (name: string): string | undefined => {
  if (clusterPattern.test(name)) return undefined;
  return new RegExp(`^${taken}`).test(name)
    ? `the name of a cluster has 1 to ${lengthMax} lower-case letters, digits and "_", and begins with a letter`
    : `"public", "information_schema" and what begins with "pg_" are names of PostgreSQL's own`;
};

export const refuseCluster = (name: string): Refusal | undefined => {
  const fault = faultInCluster(name);
  return fault === undefined
    ? undefined
    : refuse(
        'invalid_input',
        `The cluster cannot be called ${JSON.stringify(name)}: ${fault}. Choose another.`,
        {
          cluster: name,
        },
      );
};
