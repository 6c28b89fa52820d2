/** The only place that throws on purpose: a broken expectation is a bug, never an answer to a caller. */
export class Defect extends Error {
  override readonly name = 'Defect';
}

/** Throws `Defect` unless `condition` holds. */
export function assert(condition: boolean, expectation: string): asserts condition {
  if (!condition) throw new Defect(expectation);
}

/** The value, which must be there. */
export const present = <T>(value: T | undefined | null, expectation: string): T => {
  if (value === undefined || value === null) throw new Defect(expectation);
  return value;
};

/** For the default branch of an exhaustive switch. */
export const never = (value: never): never => {
  throw new Defect(`unexpected variant ${JSON.stringify(value)}`);
};
