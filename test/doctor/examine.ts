/* What signalbox doctor finds, as scripts read it. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { TestContext } from 'node:test';
import { z } from 'zod';
import { type Ground, openGround } from '../workspaces/repositories.ts';

const examinedSchema = z.strictObject({
  healthy: z.boolean(),
  findings: z.array(
    z.strictObject({
      check: z.string(),
      state: z.enum(['good', 'warn', 'bad']),
      what: z.string(),
      mend: z.string().optional(),
    }),
  ),
});

export type Findings = z.infer<typeof examinedSchema>['findings'];

export interface Examined {
  readonly status: number | null;
  readonly findings: Findings;
}

interface Asking {
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly user?: number;
}

export const examine = async (
  ground: Ground,
  folder = 'work',
  { args = [], ...options }: Asking = {},
): Promise<Examined> => {
  const { status, out, err } = await ground.run(['doctor', '--json', ...args], {
    cwd: ground.at(folder),
    ...options,
  });
  assert.notEqual(out, '', err);
  const { healthy, findings } = examinedSchema.parse(JSON.parse(out));
  assert.equal(status, healthy ? 0 : 4, 'the exit code says whether something is bad');
  for (const { state, what, mend } of findings)
    assert.equal(mend !== undefined, state !== 'good', `${what} names what mends it, if it is not good`);
  return { status, findings };
};

/** What one check found. */
export const of = ({ findings }: Examined, check: string): Findings =>
  findings.filter((finding) => finding.check === check);

export const withBoard = async (context: TestContext): Promise<Ground> => {
  const ground = await openGround(context);
  const { status, err } = await ground.run(['task', 'add', 'A task']);
  assert.equal(status, 0, err);
  return ground;
};

/** Runs the command that a finding names, as a person would. */
export const mend = (ground: Ground, finding: Findings[number] | undefined): void => {
  ground.git('', '-c', `alias.mend=!${finding?.mend ?? 'false'}`, 'mend');
};

export const write = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
};
