import { type Outcome, ok } from '../kernel/errors.ts';
import { hubAddress } from '../surfaces/http/address.ts';
import type { Settings } from './configuration/settings.ts';
import { readHubFile } from './hub-file.ts';

/**
 * What a hub that was named is shown: what was given for it, or, where it is the hub of this data directory, what
 * that has left there for its programs.
 */
export const tokenFor = async (
  url: string,
  { token, dataDir }: Pick<Settings, 'token' | 'dataDir'>,
): Promise<Outcome<string | undefined>> => {
  if (token !== undefined) return token.text();
  const file = await readHubFile(dataDir);
  return ok(file !== undefined && isSame(file.url, url) ? file.token : undefined);
};

const isSame = (one: string, other: string): boolean => {
  const [first, second] = [hubAddress(one), hubAddress(other)];
  return first.ok && second.ok && first.value.href === second.value.href;
};
