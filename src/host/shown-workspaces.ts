import { z } from 'zod';

const shownSchema = z.looseObject({
  name: z.string(),
  origin: z.string().optional(),
  root_commit: z.string().optional(),
  former_names: z.array(z.string()).default([]),
  journal: z.string().optional(),
});
const listSchema = z.looseObject({ items: z.array(shownSchema) });

/** A workspace as a hub lists it. */
export type ShownWorkspace = z.infer<typeof shownSchema>;

/** The workspaces in what a hub has answered; undefined when it is no such list. */
export const workspacesIn = (answer: unknown): readonly ShownWorkspace[] | undefined =>
  listSchema.safeParse(answer).data?.items;

/** The workspace in what a hub has answered; undefined when it is none. */
export const workspaceIn = (answer: unknown): ShownWorkspace | undefined =>
  shownSchema.safeParse(answer).data;
