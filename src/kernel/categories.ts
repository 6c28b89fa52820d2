/** The folders of tools that operations belong to, by which a token can be held to some of them. */
export const categories = [
  'access',
  'agents',
  'audit',
  'leases',
  'messages',
  'portals',
  'tasks',
  'tools',
  'workspaces',
] as const;
