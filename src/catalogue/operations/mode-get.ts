import { z } from 'zod';
import { unknownWorkspace } from '../../areas/workspaces/decide.ts';
import { findWorkspace } from '../../areas/workspaces/model.ts';
import { workspaceNameSchema } from '../../areas/workspaces/model.ts';
import { ok } from '../../kernel/errors.ts';
import { type Operation, defineOperation } from '../../kernel/operation.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { modesOutput, viewMode, viewModes } from './mode-view.ts';

export const modeGet = (exposure: Exposure): Operation =>
  defineOperation({
    name: 'mode_get',
    journal: 'hub',
    ofWorkspace: true,
    category: 'tools',
    summary: 'How many tools the modes show, and what they cost.',
    description:
      'See which mode clients of a workspace get by default, and for every mode how many tools it lists, in how many bytes and about how many tokens. Does not tell the mode that an address or a flag names.',
    role: 'reader',
    rate: 'read',
    errors: ['workspace_unknown'],
    destructive: false,
    idempotent: true,
    examples: [{ title: 'Of this workspace', input: {} }],
    input: z.strictObject({ workspace: workspaceNameSchema.optional().describe('default: yours') }),
    output: modesOutput,
    query: ({ workspaces }, { workspace: name = '' }, { actor }) => {
      const workspace = findWorkspace(workspaces, name);
      if (workspace === undefined) return unknownWorkspace(name);
      const viewed = { exposure, role: actor.role };
      const mode = exposure.defaultMode(workspace.mode);
      return ok({ ...viewMode(viewed, workspace.name, mode), ...viewModes(viewed) });
    },
  });
