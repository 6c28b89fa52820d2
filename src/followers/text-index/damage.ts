import { refuse, type Refusal } from '../../kernel/errors.ts';

const primary = 0xff;
const [genericError, corrupt, notADatabase, shortRead] = [1, 11, 26, 522];
const missingPart = /no such (?:table|column)|vtable constructor failed|malformed/;

/** Thrown when an index is there and is not whole. */
export class NotWhole extends Error {
  override readonly name = 'NotWhole';
}

/** Whether the file is to blame, and a new one would do; everything else is the disk's or the machine's matter. */
export const isDamage = (thrown: unknown): boolean => {
  if (thrown instanceof NotWhole) return true;
  const code = errorCodeOf(thrown);
  if (code === undefined) return false;
  return (
    [corrupt, notADatabase].includes(code & primary) ||
    code === shortRead ||
    (code === genericError && missingPart.test(String(thrown)))
  );
};

const errorCodeOf = (thrown: unknown): number | undefined =>
  thrown instanceof Error && 'errcode' in thrown && typeof thrown.errcode === 'number'
    ? thrown.errcode
    : undefined;

export const indexFailed = (path: string, reason: string): Refusal =>
  refuse(
    'storage_failed',
    `The full-text index ${path} cannot be used: ${reason}. The journal is not concerned. Make room or give the right to write there, and search again.`,
    { path },
  );
