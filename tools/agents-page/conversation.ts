import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { type Hub, httpTransport } from '../../examples/two-agents/agents.ts';

/** One use of a tool, as the model that makes it writes it and reads the answer. */
export interface Exchange {
  readonly agent: string;
  readonly tool: string;
  readonly input: Readonly<Record<string, unknown>>;
  readonly result: string;
}

/** What a client has before the first call. */
export interface Opening {
  readonly instructions: string;
  readonly tools: string;
}

/** An agent that writes down what it says and hears. */
export class RecordedAgent {
  readonly #name: string;
  readonly #client: Client;
  readonly #record: Exchange[];
  #session: string | undefined;

  private constructor(name: string, client: Client, record: Exchange[]) {
    this.#name = name;
    this.#client = client;
    this.#record = record;
  }

  /** Over the hub's port, in the era that the two agree on. */
  static async overHttp(
    name: string,
    hub: Pick<Hub, 'url' | 'token'>,
    record: Exchange[],
  ): Promise<RecordedAgent> {
    const client = clientOf(name);
    await client.connect(httpTransport(hub));
    return new RecordedAgent(name, client, record);
  }

  /** Over a process of its own, which forwards to the hub. */
  static async overStdio(
    name: string,
    command: readonly [string, ...string[]],
    record: Exchange[],
  ): Promise<RecordedAgent> {
    const client = clientOf(name);
    const [program, ...args] = command;
    await client.connect(new StdioClientTransport({ command: program, args, stderr: 'inherit' }));
    return new RecordedAgent(name, client, record);
  }

  async opening(): Promise<Opening> {
    const { tools } = await this.#client.listTools();
    return { instructions: this.#client.getInstructions() ?? '', tools: JSON.stringify(tools) };
  }

  /** Starts, and from then on passes the session on with each call, as the instructions say. */
  async start(): Promise<Readonly<Record<string, unknown>>> {
    const value = await this.use('start', { agent: this.#name });
    this.#session = String(value['session']);
    return value;
  }

  async use(
    tool: string,
    given: Readonly<Record<string, unknown>> = {},
  ): Promise<Readonly<Record<string, unknown>>> {
    const input = { ...given, ...(this.#session !== undefined && { session: this.#session }) };
    const { isError, content } = await this.#client.callTool({ name: tool, arguments: input });
    const [block] = content;
    const result = block?.type === 'text' ? block.text : '';
    if (isError) throw new Error(`${this.#name} was refused ${tool}: ${result}`);
    this.#record.push({ agent: this.#name, tool, input, result });
    return Object.fromEntries(Object.entries(JSON.parse(result)));
  }

  close(): Promise<void> {
    return this.#client.close();
  }
}

const clientOf = (name: string): Client =>
  new Client({ name, version: '1.0.0' }, { versionNegotiation: { mode: 'auto' } });

/** Two agents finish three tasks, the third of which waits for the others. */
export const workTogether = async (
  person: RecordedAgent,
  ada: RecordedAgent,
  bert: RecordedAgent,
): Promise<void> => {
  await person.use('task_add', {
    tasks: [
      {
        title: 'Parse the configuration',
        acceptance: ['unknown keys are refused'],
        files: ['src/config/**'],
      },
      { title: 'Write the guide', files: ['docs/guide.md'] },
      { title: 'Release 1.0', depends_on: ['T-1', 'T-2'] },
    ],
  });
  await ada.start();
  await ada.use('task_claim');
  await bert.start();
  await bert.use('task_claim');
  await ada.use('task_update', { id: 'T-1', tick: [1], note: 'Unknown keys name the nearest known one.' });
  await ada.use('task_done', { id: 'T-1', result: 'src/config/parse.ts, with tests' });
  await bert.use('task_done', { id: 'T-2', result: 'docs/guide.md' });
  await bert.use('task_claim');
  await bert.use('task_done', { id: 'T-3', result: 'tagged v1.0.0' });
  await ada.use('task_list', { status: ['done'] });
  await ada.use('agent_leave');
  await bert.use('agent_leave');
};
