/* The surface of a stdio process, in this one. */
import { PassThrough } from 'node:stream';
import type { TestContext } from 'node:test';
import { mcpOverStdio } from '../../src/surfaces/mcp/over-stdio.ts';
import type { Served } from './serving.ts';

/** Both directions of its pipe, which end with the test. `mode`: as the process was told it. */
export const openStdio = (
  context: TestContext,
  { hub, catalogue, log }: Served,
  mode?: string,
): { readonly input: PassThrough; readonly output: PassThrough } => {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const { done } = mcpOverStdio({
    hub,
    catalogue,
    log,
    principal: 'owner',
    workspace: undefined,
    agent: undefined,
    mode,
    input,
    output,
  });
  context.after(async () => {
    input.end();
    await done;
  });
  return { input, output };
};
