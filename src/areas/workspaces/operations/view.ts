import { z } from 'zod';
import { isoTime } from '../../../kernel/instants.ts';
import type { Workspace } from '../model.ts';

/** A workspace as answers show it. */
export const workspaceShape = {
  name: z.string(),
  title: z.string(),
  created_at: z.string(),
  origin: z.string().optional().describe('of its repository'),
  root_commit: z.string().optional().describe('the first of its repository'),
  former_names: z.array(z.string()).optional().describe('they still mean it'),
  bytes_max: z.number().optional().describe('quota: what its journal may take'),
  writes_per_minute: z.number().optional().describe('quota: calls that may write'),
  journal: z.string().describe('its file in the data directory of the hub'),
};

/** What stands for the path of a repository that comes from nowhere else. It tells people nothing. */
const madeUp = /^local\/[0-9a-f]{32}$/;

export const viewWorkspace = ({
  name,
  title,
  createdAt,
  repository,
  formerNames,
  quota,
  file,
}: Workspace) => ({
  name,
  title,
  created_at: isoTime(createdAt),
  ...(repository !== undefined && !madeUp.test(repository.origin) && { origin: repository.origin }),
  ...(repository?.rootCommit !== undefined && { root_commit: repository.rootCommit }),
  ...(formerNames.length > 0 && { former_names: [...formerNames] }),
  ...(quota.bytesMax !== undefined && { bytes_max: quota.bytesMax }),
  ...(quota.writesPerMinute !== undefined && { writes_per_minute: quota.writesPerMinute }),
  journal: `workspaces/${file}.journal`,
});
