import { z } from 'zod';
import { workspacesIntent } from '../../areas/workspaces/decide.ts';
import { findWorkspace, modeCharactersMax } from '../../areas/workspaces/model.ts';
import { workspaceNameSchema } from '../../areas/workspaces/model.ts';
import { ok } from '../../kernel/errors.ts';
import { type Operation, defineOperation } from '../../kernel/operation.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { presets } from '../exposure/modes.ts';
import { modeShape, viewMode } from './mode-view.ts';

export const modeSet = (exposure: Exposure): Operation =>
  defineOperation({
    name: 'mode_set',
    journal: 'hub',
    ofWorkspace: true,
    category: 'tools',
    summary: 'Choose the mode that a workspace has by default.',
    description:
      'Change which tools clients of a workspace list when their address or flag names no mode; they see it within a minute or so. Every tool stays callable in every mode. Does not change what one client has asked for itself.',
    positional: 'mode',
    role: 'admin',
    rate: 'general',
    errors: ['workspace_unknown'],
    destructive: true,
    idempotent: true,
    examples: [
      { title: 'As few as can be', input: { mode: 'minimal' } },
      { title: 'The tools of some categories', input: { mode: 'tasks,agents' } },
    ],
    input: z.strictObject({
      mode: modeSchema(exposure).describe(`${presets.join(', ')}, or categories with commas; see mode_get`),
      workspace: workspaceNameSchema.optional().describe('default: yours'),
    }),
    output: z.strictObject(modeShape),
    toCommand: ({ mode, workspace = '' }) => workspacesIntent({ type: 'set_mode', name: workspace, mode }),
    answer: (_done, { workspaces }, { input: { mode, workspace = '' }, actor }) => {
      const name = findWorkspace(workspaces, workspace)?.name ?? workspace;
      return ok(viewMode({ exposure, role: actor.role }, name, exposure.defaultMode(mode)));
    },
  });

/** Any way to write a mode that there is, as its one name. */
const modeSchema = (exposure: Exposure) =>
  z
    .string()
    .max(modeCharactersMax)
    .overwrite((text) => {
      const mode = exposure.parse(text);
      return mode.ok ? mode.value.name : text;
    })
    .refine((text) => exposure.parse(text).ok, {
      error: ({ input }) => {
        const mode = exposure.parse(String(input));
        return mode.ok ? '' : mode.message.replace(/\.$/, '');
      },
    });
