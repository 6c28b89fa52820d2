/**
 * Where clients of MCP reach a workspace, at a hub that listens on a port. The address names the workspace, because the
 * hub's own is that of the folder which it was started in, and that may be another one the next time.
 */
export const mcpAddress = (hubUrl: string, workspace: string | undefined): string =>
  `${hubUrl.replace(/\/$/, '')}/mcp${workspace === undefined ? '' : `?workspace=${workspace}`}`;
