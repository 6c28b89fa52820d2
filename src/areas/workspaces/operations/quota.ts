import { z } from 'zod';
import { ok } from '../../../kernel/errors.ts';
import { defineOperation } from '../../../kernel/operation.ts';
import { unknownWorkspace, workspacesIntent } from '../decide.ts';
import { bytesQuotaMin, findWorkspace, quotaMax, workspaceNameSchema } from '../model.ts';
import { viewWorkspace, workspaceShape } from './view.ts';

/** What takes a limit away. */
const none = 'none';

const limitSchema = (min: number) => z.union([z.int().min(min).max(quotaMax), z.literal(none)]);

type Limit = z.infer<ReturnType<typeof limitSchema>>;

export const workspaceQuota = defineOperation({
  name: 'workspace_quota',
  journal: 'hub',
  category: 'workspaces',
  summary: 'Limit what one workspace may store, so that it cannot fill the hub.',
  description:
    'Set how many bytes the journal of a workspace may take, and how many calls that may write it takes in a minute from all together. What is left out stays as it is; none takes a limit away, and a new workspace has none. Beyond it such calls are refused; reading goes on.',
  positional: 'name',
  role: 'admin',
  person: true,
  rate: 'general',
  errors: ['workspace_unknown'],
  destructive: false,
  idempotent: true,
  examples: [
    { title: 'A hundred megabytes', input: { name: 'shop', bytes_max: 100_000_000 } },
    { title: 'As much as it likes', input: { name: 'shop', bytes_max: 'none', writes_per_minute: 'none' } },
  ],
  input: z.strictObject({
    name: workspaceNameSchema.describe('any name that it has or had'),
    bytes_max: limitSchema(bytesQuotaMin).optional().describe('of its journal on disk, or none'),
    writes_per_minute: limitSchema(1).optional().describe('calls that may write, or none'),
  }),
  output: z.strictObject(workspaceShape),
  toCommand: ({ name, bytes_max: bytes, writes_per_minute: writes }) =>
    workspacesIntent({
      type: 'set_quota',
      name,
      ...(bytes !== undefined && { bytesMax: limitOf(bytes) }),
      ...(writes !== undefined && { writesPerMinute: limitOf(writes) }),
    }),
  answer: (_done, { workspaces }, { input: { name } }) => {
    const workspace = findWorkspace(workspaces, name);
    return workspace === undefined ? unknownWorkspace(name) : ok(viewWorkspace(workspace));
  },
});

const limitOf = (limit: Limit): number | null => (limit === none ? null : limit);
