import { z } from 'zod';
import type { Role } from '../../kernel/entry.ts';
import type { Exposure } from '../exposure/exposure.ts';
import { type Mode, presets } from '../exposure/modes.ts';

const costShape = {
  tools: z.number(),
  bytes: z.number().describe('of the list as JSON'),
  tokens: z.number().describe('about: a quarter of the bytes'),
};

/** The mode of a workspace, and what it costs. */
export const modeShape = {
  workspace: z.string(),
  mode: z.string().describe('what addresses and flags that name none stand for'),
  ...costShape,
};

export const modesOutput = z.strictObject({
  ...modeShape,
  modes: z.array(z.strictObject({ mode: z.string(), ...costShape })).describe('those with a name'),
  categories: z
    .array(z.strictObject({ category: z.string(), tools: z.number() }))
    .describe('of which a mode can be made, in the order of the catalogue'),
});

/** Everything counted for somebody of this role. */
export interface Viewed {
  readonly exposure: Exposure;
  readonly role: Role;
}

export const viewMode = ({ exposure, role }: Viewed, workspace: string, mode: Mode) => ({
  workspace,
  mode: mode.name,
  ...exposure.cost(mode, role),
});

export const viewModes = ({
  exposure,
  role,
}: Viewed): Pick<z.infer<typeof modesOutput>, 'modes' | 'categories'> => {
  const counts = Map.groupBy(exposure.allowed(role), ({ category }) => category);
  return {
    modes: presets.map((name) => ({ mode: name, ...exposure.cost({ kind: 'preset', name }, role) })),
    categories: [...counts].map(([category, { length }]) => ({ category, tools: length })),
  };
};
