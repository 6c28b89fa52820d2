import { rename } from 'node:fs/promises';
import type { CreateCommand } from '../../areas/access/decide/commands.ts';
import { accessIntent } from '../../areas/access/decide/index.ts';
import { findByHash, standingIn } from '../../areas/access/model.ts';
import type { Engine } from '../../engine/engine.ts';
import { present } from '../../kernel/assert.ts';
import { systemActor } from '../../kernel/entry.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { ownerPrincipal } from '../../kernel/names.ts';
import type { Secret } from '../secrets/secret.ts';
import { makeTokenFile, readTokenFile, tokenFileIn } from './token-file.ts';
import { hashOfToken } from './token-text.ts';

/** Where the owner of a hub finds the token that lets them in. */
export type OwnerToken =
  | { readonly kind: 'given' }
  | { readonly kind: 'file'; readonly path: string; readonly made: false }
  /** It was not there before: `text` is to be shown this once. */
  | { readonly kind: 'file'; readonly path: string; readonly made: true; readonly text: string };

interface Wanted {
  readonly dataDir: string;
  /** What was given to the hub, which then writes none anywhere. */
  readonly token: Secret | undefined;
}

/**
 * Makes sure that the owner of a hub can come in: with the token that was given, or else with the one in the data
 * directory, which is made when it is not there. One that was revoked lets nobody in, so it is put aside and another made:
 * whoever can write the data directory is the owner, and is not to be locked out.
 */
export const settleOwnerToken = async (
  { dataDir, token }: Wanted,
  engine: Engine,
): Promise<Outcome<OwnerToken>> => {
  if (token !== undefined) {
    const text = await token.text();
    if (!text.ok) return text;
    const hash = hashOfToken(text.value);
    if (hash === undefined) {
      return refuse(
        'invalid_input',
        `${token.place} cannot be the token of the hub's owner: that is sbx_ and 43 characters of base64url, 32 random bytes. Leave it out, and the first start makes one.`,
      );
    }
    const known = await register(engine, hash, { label: 'given to the hub', replaces: true });
    return known.ok ? ok({ kind: 'given' }) : known;
  }
  const path = tokenFileIn(dataDir);
  const found = await readTokenFile(dataDir);
  if (!found.ok) return found;
  if (found.value !== undefined) {
    const registered = await register(engine, hashIn(found.value), firstStart);
    if (registered.ok) return ok({ kind: 'file', path, made: false });
    if (registered.code !== 'invalid_state') return registered;
    await rename(path, `${path}.revoked`);
  }
  const made = await makeTokenFile(dataDir);
  if (!made.ok) return made;
  const registered = await register(engine, hashIn(made.value), firstStart);
  return registered.ok ? ok({ kind: 'file', path, made: true, text: made.value }) : registered;
};

const firstStart = { label: 'first start' };

const hashIn = (text: string): string => present(hashOfToken(text), 'the file was checked');

/** Refused with `invalid_state` when a token of this hash is there and not good. */
const register = async (
  engine: Engine,
  hash: string,
  as: Pick<CreateCommand, 'label' | 'replaces'>,
): Promise<Outcome<true>> => {
  const behind = await engine.refresh();
  if (behind !== undefined) return behind;
  const { access } = engine.slices;
  const token = findByHash(access, hash);
  if (token !== undefined) {
    return standingIn(access, token, engine.now()) === 'good'
      ? ok(true)
      : refuse(
          'invalid_state',
          `The token that was given to the hub (${token.id}) was revoked or has expired. Give another one.`,
          { token: token.id },
        );
  }
  const create = accessIntent({
    type: 'create_token',
    hash,
    principal: ownerPrincipal,
    kind: 'person',
    ...as,
    expires: 'never',
    scope: undefined,
  });
  const written = await engine.report('serve', create, systemActor);
  return written.ok ? ok(true) : written;
};
