/**
 * Loaded into the program before anything else: names every step by which it leaves a mark outside of itself (a note,
 * a request, a commit, a program that it starts, an answer), writes the names down, and sends the process a signal at
 * one of them. It works in the thread that writes the journal as well. A name that comes again has a number.
 *
 * It is no ES module, because every thread of every process loads it, and an ES module takes several times as long.
 */
const programs = process.getBuiltinModule('node:child_process');
const disk = process.getBuiltinModule('node:fs');
const { appendFileSync } = disk;
const files = process.getBuiltinModule('node:fs/promises');
const http = process.getBuiltinModule('node:http');
const modules = process.getBuiltinModule('node:module');
const net = process.getBuiltinModule('node:net');
const paths = process.getBuiltinModule('node:path');
const { StatementSync } = process.getBuiltinModule('node:sqlite');
const { isMainThread, workerData } = process.getBuiltinModule('node:worker_threads');

const { CUT_AT: cutAt, CUT_WITH: cutWith, CUT_LOG: logPath } = process.env;

const times = new Map<string, number>();

const step = (name: string): void => {
  const time = (times.get(name) ?? 0) + 1;
  times.set(name, time);
  const label = time === 1 ? name : `${name}, time ${time}`;
  if (logPath !== undefined) appendFileSync(logPath, `${label}\n`);
  if (label !== cutAt) return;
  process.kill(process.pid, cutWith);
  // This thread must not get any further before the whole process is gone.
  if (cutWith === 'SIGKILL') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
};

type Untyped = (...args: unknown[]) => unknown;

/** Puts `around` in the place of a method; it is given the method, bound to its object. */
const replace = (object: object, name: string, around: (method: Untyped, self: unknown) => Untyped): void => {
  const method: Untyped = Reflect.get(object, name);
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    value(this: unknown, ...args: unknown[]): unknown {
      return around((...given) => Reflect.apply(method, this, given), this)(...args);
    },
  });
};

/** What the files are called that are written beside the journals. */
const written = (path: string): string | undefined => {
  if (path.includes(`${paths.sep}pending-calls${paths.sep}`)) return 'the note';
  const name = paths.basename(path);
  if (name.endsWith('.jsonl.draft')) return 'the archive';
  if (name.endsWith('.gz.draft')) return 'the backup';
  return name.startsWith('hub.json') ? 'hub.json' : undefined;
};

/** Where one journal comes into the place of another. */
replace(disk, 'renameSync', (method) => (...args) => {
  const name = paths.basename(String(args[1]));
  if (!name.endsWith('.journal')) return method(...args);
  step(`before the renaming to ${name}`);
  const result = method(...args);
  step(`after the renaming to ${name}`);
  return result;
});

for (const name of ['open', 'rename', 'rm', 'unlink', 'writeFile']) {
  replace(files, name, (method) => async (...args) => {
    const what = written(String(args[0]));
    if (what === undefined) return method(...args);
    step(`before ${name} of ${what}`);
    const result = await method(...args);
    step(`after ${name} of ${what}`);
    return result;
  });
}

/** What is asked of PostgreSQL (a statement that is bound) and of Redis (a function that is called). */
const placing = /^B[^]*\0rename\0|_replace\r\n/;
const appending = /^B[^]*\0append\0|_append\r\n/;

/** In PostgreSQL: where entries that lie in an archive are taken out, and where it is noted up to which. */
const dropping = /^B[^]*\0drop_entries\0/;
const moving = /^B[^]*\0move_base\0/;

replace(net.Socket.prototype, 'write', (method) => (...args) => {
  const [data] = args;
  const text = Buffer.isBuffer(data) ? data.toString('latin1') : typeof data === 'string' ? data : '';
  if (placing.test(text)) step('before a journal changes places');
  if (dropping.test(text)) step('before entries are taken out');
  if (moving.test(text)) step('before the base is moved');
  if (appending.test(text)) step('before an append');
  return method(...args);
});

const operationsPath = '/v1/operations/';

replace(http, 'request', (method) => (...args) => {
  const path = args[0] instanceof URL ? args[0].pathname : '';
  if (!path.startsWith(operationsPath)) return method(...args);
  const operation = path.slice(operationsPath.length);
  step(`before the request ${operation}`);
  const sent = method(...args);
  if (isRequest(sent)) {
    sent.prependOnceListener('finish', () => step(`after the request ${operation}`));
    sent.prependOnceListener('response', () => step(`when ${operation} is answered`));
  }
  return sent;
});

const isRequest = (value: unknown): value is InstanceType<typeof http.ClientRequest> =>
  value instanceof http.ClientRequest;

/** What is run beside it: a git that is asked, or the command that a lock is held around. */
for (const name of ['execFile', 'spawn']) {
  replace(programs, name, (method) => (...args) => {
    const words: readonly unknown[] = Array.isArray(args[1]) ? args[1] : [];
    const program = args[0] === 'git' ? `git ${String(words[2])}` : 'the command';
    step(`before ${program}`);
    const started = method(...args);
    step(`after the start of ${program}`);
    if (started instanceof programs.ChildProcess)
      started.prependOnceListener('close', () => step(`after ${program}`));
    return started;
  });
}

/** The thread that writes a journal is told where it lies. */
const { path: journalPath = '' }: { readonly path?: string } = isMainThread ? {} : workerData;
const journal = paths.basename(journalPath);

/** What takes a key of personal text away from those who write, or from everybody. */
const endsKey = /^update keys set retired|secret = null/;

replace(StatementSync.prototype, 'run', (method, self) => (...args) => {
  if (self instanceof StatementSync && endsKey.test(self.sourceSQL)) step('before a key is ended');
  const commits = self instanceof StatementSync && self.sourceSQL.toLowerCase() === 'commit';
  if (commits) step(`before the commit in ${journal}`);
  const result = method(...args);
  if (commits) step(`after the commit in ${journal}`);
  return result;
});

if (isMainThread) {
  replace(process.stdout, 'write', (method) => (...args) => {
    step('before the answer');
    const result = method(...args);
    step('after the answer');
    return result;
  });
}

modules.syncBuiltinESMExports();
