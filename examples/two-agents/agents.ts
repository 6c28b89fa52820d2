import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport, getDefaultEnvironment } from '@modelcontextprotocol/client/stdio';
import { z } from 'zod';

export const signalbox = fileURLToPath(new URL('../../bin/signalbox', import.meta.url));

/** What the transport gives its processes as well, and a workspace: not that of the checkout that this stands in. */
export const environment = { ...getDefaultEnvironment(), SIGNALBOX_WORKSPACE: 'main' };

/** What a call came to: the value, or the text of a refusal, which ends with its code in brackets. */
export type Answer =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly text: string };

/** One agent: an MCP client, which may be any, in front of Signalbox. */
export class Agent {
  readonly name: string;
  readonly #client: Client;
  /** Needed over HTTP only: there a connection is not a session. */
  #session: string | undefined;

  private constructor(name: string, client: Client) {
    this.name = name;
    this.#client = client;
  }

  /** An agent with a process of its own, as an MCP client's configuration would start it. */
  static async overStdio(name: string, dataDir: string): Promise<Agent> {
    const client = new Client({ name: 'two-agents', version: '1.0.0' });
    await client.connect(
      new StdioClientTransport({
        command: signalbox,
        args: ['mcp', '--data-dir', dataDir, '--agent', name],
        env: environment,
        stderr: 'inherit',
      }),
    );
    return new Agent(name, client);
  }

  /** An agent that calls a running hub. */
  static async overHttp(name: string, hub: Pick<Hub, 'url' | 'token'>): Promise<Agent> {
    const client = new Client({ name: 'two-agents', version: '1.0.0' });
    await client.connect(httpTransport(hub));
    const agent = new Agent(name, client);
    const { session } = z
      .looseObject({ session: z.string() })
      .parse(await agent.do('start', { agent: name }));
    agent.#session = session;
    return agent;
  }

  async call(tool: string, input: Readonly<Record<string, unknown>> = {}): Promise<Answer> {
    const session = this.#session === undefined ? {} : { session: this.#session };
    const { isError, structuredContent, content } = await this.#client.callTool({
      name: tool,
      arguments: { ...input, ...session },
    });
    const [block] = content;
    if (isError) return { ok: false, text: block?.type === 'text' ? block.text : '' };
    return { ok: true, value: z.record(z.string(), z.unknown()).parse(structuredContent) };
  }

  /** A call that must succeed. */
  async do(tool: string, input: Readonly<Record<string, unknown>> = {}) {
    const answer = await this.call(tool, input);
    if (!answer.ok) throw new Error(`${this.name} was refused ${tool}: ${answer.text}`);
    return answer.value;
  }

  /** Ends the connection, and the process behind it when there is one. */
  close(): Promise<void> {
    return this.#client.close();
  }
}

/** The way to a hub for who shows it this token. */
export const httpTransport = ({ url, token }: Pick<Hub, 'url' | 'token'>): StreamableHTTPClientTransport =>
  new StreamableHTTPClientTransport(new URL('/mcp', url), {
    requestInit: { headers: { Authorization: `Bearer ${token}` } },
  });

/** A hub in a process of its own, on any free port. */
export class Hub {
  readonly url: string;
  /** Of its owner: its first start leaves it where only they can read it. */
  readonly token: string;
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;

  private constructor({ url, token }: Pick<Hub, 'url' | 'token'>, child: ChildProcess) {
    this.url = url;
    this.token = token;
    this.#child = child;
    this.#ended = once(child, 'exit');
  }

  /** Resolves once the hub says where it is ready. */
  static async start(dataDir: string): Promise<Hub> {
    const child = spawn(signalbox, ['serve', '--port', '0', '--data-dir', dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // Settings of this machine's own Signalbox stay out of it.
      env: environment,
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const url = /ready on (http:\/\/\S+)/.exec(line)?.[1];
      if (url === undefined) continue;
      child.stdout.resume();
      return new Hub({ url, token: readFileSync(join(dataDir, 'token'), 'utf8').trim() }, child);
    }
    throw new Error('the hub ended before it was ready');
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    await this.#ended;
  }
}
