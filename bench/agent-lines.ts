import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { requestText } from './load.ts';
import { modernMeta } from './mcp-requests.ts';

/** The way by which an agent calls: one call after the other. */
export interface AgentLine {
  readonly call: (operation: string, input: Readonly<Record<string, unknown>>) => Promise<Answer>;
}

export type Answer = Readonly<Record<string, unknown>>;

const answerSchema = z.record(z.string(), z.unknown());

/** A raw keep-alive connection to a hub: what a client costs should not be measured with it. */
export class HubLine implements AgentLine {
  readonly #socket: Socket;
  readonly #headers: Readonly<Record<string, string>>;
  #received: Buffer = Buffer.alloc(0);
  #answered: ((body: string) => void) | undefined;
  #failed: (reason: Error) => void = () => {};

  private constructor(socket: Socket, headers: Readonly<Record<string, string>>) {
    this.#socket = socket;
    this.#headers = headers;
    socket.setNoDelay(true);
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#failed(error));
    socket.on('close', () => this.#failed(new Error('the hub closed a connection')));
  }

  static async open(port: number, session?: string): Promise<HubLine> {
    const socket = connect(port, '127.0.0.1');
    await once(socket, 'connect');
    return new HubLine(socket, session === undefined ? {} : { 'Signalbox-Session': session });
  }

  async call(operation: string, input: Readonly<Record<string, unknown>>): Promise<Answer> {
    const body = await new Promise<string>((resolve, reject) => {
      this.#answered = resolve;
      this.#failed = reject;
      this.#socket.write(requestText(`/v1/operations/${operation}`, JSON.stringify(input), this.#headers));
    });
    const answer = answerSchema.parse(JSON.parse(body));
    if ('error' in answer) throw new Error(`${operation}: ${body}`);
    return answer;
  }

  close(): void {
    this.#failed = () => {};
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const end = this.#received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const length = /\r\ncontent-length: (\d+)/i.exec(this.#received.toString('latin1', 0, end + 2))?.[1];
    const whole = end + 4 + Number(length ?? Number.NaN);
    if (this.#received.length < whole) return;
    const body = this.#received.toString('utf8', end + 4, whole);
    this.#received = this.#received.subarray(whole);
    this.#answered?.(body);
  }
}

const rpcSchema = z.object({
  id: z.number().optional(),
  result: z
    .object({ structuredContent: answerSchema.optional(), isError: z.boolean().optional() })
    .optional(),
});

/** `signalbox mcp`, as a client of MCP starts it. Many agents may speak through one process. */
export class McpProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (line: string) => void>();
  #calls = 0;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const program = fileURLToPath(new URL('../bin/signalbox', import.meta.url));
    this.#child = spawn(program, ['mcp', ...args], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, SIGNALBOX_WORKSPACE: 'main', ...env },
    });
    const { stdout } = this.#child;
    if (stdout === null) throw new Error('the process has no pipe');
    createInterface({ input: stdout }).on('line', (line) => this.#take(line));
  }

  /** The line of one agent; without a session, of whoever the process is. */
  line(session?: string): AgentLine {
    return {
      call: (operation, input) =>
        this.#call(operation, session === undefined ? input : { ...input, session }),
    };
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit');
    this.#child.stdin?.end();
    await ended;
  }

  #call(name: string, args: Readonly<Record<string, unknown>>): Promise<Answer> {
    this.#calls += 1;
    const id = this.#calls;
    const params = { name, arguments: args, _meta: modernMeta };
    this.#child.stdin?.write(`${JSON.stringify({ jsonrpc: '2.0', id, method: 'tools/call', params })}\n`);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, (line) => {
        const { result } = rpcSchema.parse(JSON.parse(line));
        if (result?.structuredContent === undefined || result.isError === true)
          reject(new Error(`${name}: ${line}`));
        else resolve(result.structuredContent);
      });
    });
  }

  #take(line: string): void {
    const { id } = rpcSchema.parse(JSON.parse(line));
    if (id === undefined) return;
    this.#waiting.get(id)?.(line);
    this.#waiting.delete(id);
  }
}
