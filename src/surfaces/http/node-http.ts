import type { Agent, AgentOptions } from 'node:http';

/**
 * Node's own client, without `import`: that evaluates every export of the module, among them a whole WebSocket client,
 * and takes longer than all the rest of a short command.
 */
const http = process.getBuiltinModule('node:http');

export const { request } = http;

export const newAgent = (options: AgentOptions): Agent => new http.Agent(options);
