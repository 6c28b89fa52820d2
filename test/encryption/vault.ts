/* The program with a key for encryption, in a home of its own. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { newKey } from '../../src/host/encryption/key-files.ts';
import { type Place, type Started, openPlace } from '../cli/program.ts';

const statusSchema = z.object({
  active: z.string().nullable(),
  keys: z.array(z.string()),
  journals: z.array(
    z.object({
      journal: z.string(),
      entries: z.number(),
      plain: z.number(),
      keys: z.record(z.string(), z.number()),
    }),
  ),
});

type Env = Readonly<Record<string, string>>;

export interface Vault extends Place {
  readonly keyFile: string;
  /** The id of the key that is in the file from the beginning. */
  readonly key: string;
  /** Says in the environment that the keys are in the file. */
  readonly env: Env;
  /** Makes a call that must succeed; its answer. */
  readonly call: (operation: string, input: object, options?: CallOptions) => Promise<Answer>;
  /** A hub that is ready. */
  readonly serve: (env?: Env) => Promise<Started>;
  /** What `encryption status` says; of a journal by its name. */
  readonly status: (env?: Env) => Promise<Status>;
}

export type Answer = Readonly<Record<string, unknown>>;

export interface CallOptions {
  readonly agent?: string;
  readonly env?: Env;
  readonly workspace?: string;
}

export interface Status extends z.infer<typeof statusSchema> {
  readonly of: (journal: string) => Readonly<Record<string, number>>;
}

export const openVault = async (context: TestContext): Promise<Vault> => {
  const place = await openPlace(context);
  const keyFile = join(place.home, 'secrets', 'keys');
  const { key, line } = newKey();
  mkdirSync(join(place.home, 'secrets'));
  writeFileSync(keyFile, line, { mode: 0o600 });
  const env = { SIGNALBOX_ENCRYPTION_KEY: `file:${keyFile}`, SIGNALBOX_WORKSPACE: 'main' };
  return {
    ...place,
    keyFile,
    key: key.id,
    env,
    call: async (operation, input, { agent, env: own = env, workspace = 'main' } = {}) => {
      const words = ['call', operation, JSON.stringify(input), '--workspace', workspace, '--json'];
      const { status, out, err } = await place.run(
        [...words, ...(agent === undefined ? [] : ['--agent', agent])],
        { env: own },
      );
      assert.equal(status, 0, `${operation}: ${err}${out}`);
      return z.record(z.string(), z.unknown()).parse(JSON.parse(out));
    },
    serve: async (own = env) => {
      const hub = place.start(['serve', '--port', '0'], { env: own });
      await hub.says('Ctrl-C');
      return hub;
    },
    status: async (own = env) => {
      const said = statusSchema.parse(await place.json(['encryption', 'status'], { env: own }));
      const of = (journal: string) => {
        const found = said.journals.find((one) => one.journal === journal);
        return found === undefined ? {} : { plain: found.plain, ...found.keys };
      };
      return { ...said, of };
    },
  };
};

export const stop = async (hub: Started): Promise<void> => {
  hub.kill('SIGTERM');
  assert.equal((await hub.ended).status, 0);
};

/** The files below a folder that hold a text, whatever their form. */
export const holding = (folder: string, text: string): readonly string[] =>
  readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => readFileSync(path).toString('latin1').toLowerCase().includes(text.toLowerCase()));
