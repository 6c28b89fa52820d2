import { type ErrorCode, errorTable } from '../kernel/errors.ts';

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

/** All error codes, in the order of the table. */
export const errorCodes: readonly ErrorCode[] = Object.keys(errorTable).filter(isErrorCode);

/** The codes that each HTTP status stands for, by rising status. */
export const codesByStatus: ReadonlyMap<number, readonly ErrorCode[]> = new Map(
  [...Map.groupBy(errorCodes, (code) => errorTable[code].http)].toSorted(([a], [b]) => a - b),
);

/** The code of that name, if it is one that this version knows. */
export const errorCodeOf = (name: unknown): ErrorCode | undefined =>
  typeof name === 'string' && isErrorCode(name) ? name : undefined;
