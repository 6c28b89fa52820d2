import type { Command } from './command.ts';
import { call } from './call.ts';
import { completion } from './completion.ts';
import { mcp } from './mcp.ts';
import { serve } from './serve.ts';
import { verify } from './verify.ts';

/** The commands that are not operations, in the order of help. */
export const commands: readonly Command[] = [serve, mcp, call, verify, completion];
