/* What is attacked: a hub of its own in a folder of its own, with things lying about that nobody may touch or read. */
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isRecord } from '../../../src/kernel/json.ts';
import { type HubOptions, type HubProcess, startHub } from '../../host/processes.ts';
import { type WireAnswer, type WireRequest, answerIn, bodyIn, bytesOf, speak } from './wire.ts';

export interface CallOptions {
  /** That of the owner when absent. */
  readonly token?: string | undefined;
  readonly headers?: Readonly<Record<string, string>>;
}

type Members = Readonly<Record<string, unknown>>;

export class Range {
  /** Holds the data directory and, beside it, the canary. */
  readonly folder: string;
  readonly dataDir: string;
  /** What stands in a file beside the data directory. */
  readonly canary: string;
  readonly hub: HubProcess;
  readonly port: number;
  /** The owner's. */
  readonly token: string;
  readonly #secrets: string[] = [];
  readonly #said: readonly string[];
  readonly #ends: (() => Promise<unknown>)[];

  private constructor(
    place: { readonly folder: string; readonly dataDir: string; readonly canary: string },
    started: {
      readonly hub: HubProcess;
      readonly token: string;
      readonly said: readonly string[];
      readonly ends: (() => Promise<unknown>)[];
    },
  ) {
    this.folder = place.folder;
    this.dataDir = place.dataDir;
    this.canary = place.canary;
    this.hub = started.hub;
    this.port = Number(new URL(started.hub.url).port);
    this.token = started.token;
    this.#secrets.push(started.token);
    this.#said = started.said;
    this.#ends = started.ends;
  }

  static async open(options: HubOptions = {}): Promise<Range> {
    const folder = await mkdtemp(join(tmpdir(), 'signalbox-attack-'));
    const dataDir = join(folder, 'data');
    const canary = `canary-${randomBytes(12).toString('hex')}`;
    await mkdir(join(folder, 'canary'));
    await writeFile(join(folder, 'canary', 'secret.txt'), canary);
    await writeFile(join(folder, 'canary', 'secret.json'), JSON.stringify({ canary }));
    const said: string[] = [];
    const ends: (() => Promise<unknown>)[] = [];
    const site = { dataDir, onEnd: (end: () => Promise<unknown>) => void ends.push(end) };
    const hub = await startHub(site, {
      auth: true,
      hears: (text) => void said.push(text),
      ...options,
      env: { SIGNALBOX_LOG_LEVEL: 'debug', ...options.env },
    });
    const token = (await readFile(join(dataDir, 'token'), 'utf8')).trim();
    return new Range({ folder, dataDir, canary }, { hub, token, said, ends });
  }

  async close(): Promise<void> {
    for (const end of this.#ends.toReversed()) await end();
    await rm(this.folder, { recursive: true });
  }

  /** Ends when the range does. */
  onEnd(end: () => Promise<unknown>): void {
    this.#ends.push(end);
  }

  /** All that the hub has logged so far. */
  get log(): string {
    return this.#said.join('');
  }

  get authorization(): string {
    return `Authorization: Bearer ${this.token}`;
  }

  /** One request as bytes. */
  async ask(request: WireRequest): Promise<WireAnswer> {
    return answerIn(
      await speak({ port: this.port, from: request.from, once: true }, bytesOf(this.port, request)),
    );
  }

  /** One call of an operation as a program makes it. */
  async call(
    operation: string,
    input: unknown,
    { token = this.token, headers = {} }: CallOptions = {},
  ): Promise<WireAnswer> {
    const response = await fetch(`${this.hub.url}/v1/operations/${operation}`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${token}`, ...headers },
      body: typeof input === 'string' ? input : JSON.stringify(input),
    });
    const head = [...response.headers].map(([name, value]) => `${name}: ${value}`).join('\r\n');
    return { head, ...bodyIn(response.status, await response.text()) };
  }

  /** A call that has to succeed; its answer. */
  async must(operation: string, input: unknown, options?: CallOptions): Promise<Members> {
    const { status, text, value } = await this.call(operation, input, options);
    assert.equal(status, 200, `${operation}: ${text}`);
    assert(isRecord(value), text);
    return value;
  }

  /** A token made as asked, by the owner. */
  async tokenFor(asked: Members): Promise<{ readonly id: string; readonly token: string }> {
    const { id, token } = await this.must('token_create', asked);
    assert(typeof id === 'string' && typeof token === 'string');
    this.#secrets.push(token);
    return { id, token };
  }

  /** Somebody else with a token of their own. */
  async principal(name: string, role = 'worker', kind = 'person'): Promise<string> {
    await this.must('principal_add', { name, kind, role });
    return (await this.tokenFor({ principal: name })).token;
  }

  /** How far all journals of workspaces are: the same again when nothing was done to any. */
  async journals(): Promise<string> {
    const { value } = await this.ask({ target: '/health', headers: [this.authorization] });
    assert(isRecord(value) && Array.isArray(value['workspaces']), 'the owner is told of all workspaces');
    return JSON.stringify(value['workspaces']);
  }

  /** Whether the hub still answers who may ask. */
  async lives(): Promise<void> {
    const { status, text } = await this.call('workspace_list', {});
    assert.equal(status, 200, text);
  }

  /** Every file outside of the data directory, with a digest of what is in it; and what folders the latter has. */
  async files(): Promise<string> {
    const outside: string[] = [];
    for (const path of (await readdir(this.folder, { recursive: true })).toSorted()) {
      if (path === 'data' || /^data[\\/]/.test(path)) continue;
      const at = join(this.folder, path);
      const isFile = (await stat(at)).isFile();
      const digest = isFile
        ? createHash('sha256')
            .update(await readFile(at))
            .digest('hex')
        : 'folder';
      outside.push(`${path} ${digest}`);
    }
    return JSON.stringify([outside, (await readdir(this.dataDir)).toSorted()]);
  }

  /** What must never be in a log: a secret, or a defect. */
  faultsInLog(): readonly string[] {
    const { log } = this;
    const lines = log.split('\n').filter((line) => line !== '');
    const shown = this.#secrets.filter((secret) => log.includes(secret.slice('sbx_'.length)));
    return [
      ...shown.map((secret) => `the log shows a token: ${secret.slice(0, 8)}…`),
      ...lines.filter((line) => line.includes('"level":"error"')),
      ...lines.filter((line) => !isLine(line)).map((line) => `no line of the log: ${line}`),
    ];
  }
}

const isLine = (line: string): boolean => {
  try {
    const value: unknown = JSON.parse(line);
    return isRecord(value) && typeof value['msg'] === 'string';
  } catch {
    return false;
  }
};
