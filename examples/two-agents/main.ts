/*
 * Three agents share one board: ada and bert over processes of their own (MCP on stdio), carol over the hub's port (MCP
 * over HTTP). With --hub-last the hub starts after the two processes, which then have opened the journals themselves.
 * Ends with status 1 when anything is not as it should be.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { Agent, Hub } from './agents.ts';

const { values } = parseArgs({ options: { 'hub-last': { type: 'boolean', default: false } } });
const hubLast = values['hub-last'];

const say = (who: string, what: string): void => console.log(`${who.padEnd(5)}  ${what}`);

const expect = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`not as it should be: ${what}`);
};

const taskSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  status: z.string(),
  ready: z.boolean().optional(),
  notes: z.array(z.looseObject({ by: z.string(), text: z.string() })).optional(),
});

type Task = z.infer<typeof taskSchema>;

const read = async (agent: Agent, id: string): Promise<Task> =>
  taskSchema.parse(await agent.do('task_get', { id }));

const claim = async (agent: Agent): Promise<Task> => {
  const task = taskSchema.parse(await agent.do('task_claim'));
  say(agent.name, `claims whatever is best, and gets ${task.id}: ${task.title}`);
  return task;
};

const plan = async (carol: Agent): Promise<void> => {
  await carol.do('task_add', {
    tasks: [
      { slug: 'parser', title: 'Write the parser' },
      { slug: 'guide', title: 'Write the guide' },
      { slug: 'release', title: 'Release it', depends_on: ['parser', 'guide'] },
    ],
  });
  say('carol', 'adds parser, guide, and release, which waits for both');
  expect((await read(carol, 'release')).ready === false, 'a task that waits is not ready');
};

/** Both ask at the same moment; each gets a task that the other does not have. */
const claimAtOnce = async (ada: Agent, bert: Agent): Promise<readonly [Task, Task]> => {
  const [first, second] = await Promise.all([claim(ada), claim(bert)]);
  expect(first.id !== second.id, 'two agents have two tasks');
  expect([first.id, second.id].toSorted().join() === 'guide,parser', 'what waits is given to nobody');
  return [first, second];
};

const leaveNote = async (ada: Agent, readers: readonly Agent[], id: string): Promise<void> => {
  const text = 'The grammar has a trap: commas may end a list.';
  await ada.do('task_update', { id, note: text });
  say('ada', `leaves a note on ${id}: "${text}"`);
  for (const reader of readers) {
    const note = (await read(reader, id)).notes?.at(-1);
    expect(note?.text === text && note.by === 'ada', `${reader.name} reads what ada has noted`);
    say(reader.name, `reads it, signed by ${note?.by}`);
  }
};

const finish = async (agent: Agent, id: string): Promise<readonly string[]> => {
  const done = await agent.do('task_done', { id, result: `Done by ${agent.name}.` });
  const freed = z.array(z.string()).default([]).parse(done['now_ready']);
  say(agent.name, `finishes ${id}${freed.length > 0 ? `; ready now: ${freed.join(', ')}` : ''}`);
  return freed;
};

const work = async ([ada, bert, carol]: readonly [Agent, Agent, Agent]): Promise<void> => {
  await plan(carol);
  const [first, second] = await claimAtOnce(ada, bert);

  const early = await carol.call('task_claim');
  expect(!early.ok && early.text.endsWith('[nothing_free]'), 'nothing is left for carol yet');
  say('carol', `asks for work as well: ${early.ok ? '' : early.text}`);

  await leaveNote(ada, [bert, carol], first.id);

  expect((await finish(ada, first.id)).length === 0, 'release still waits for the other task');
  expect((await finish(bert, second.id)).join() === 'release', 'release is ready once both are done');
  expect((await read(ada, 'release')).ready === true, 'ada sees that release is ready');

  const last = await claim(carol);
  expect(last.id === 'release', 'carol gets release');
  const refused = await ada.call('task_claim', { id: 'release' });
  expect(!refused.ok && refused.text.endsWith('[held]'), 'nobody else gets it as well');
  await finish(carol, 'release');
  for (const agent of [ada, bert, carol]) {
    const { total } = await agent.do('task_list');
    expect(total === 0, `${agent.name} sees an empty board`);
  }
  say('all', 'see that nothing is left to do');
};

/** A process that spoke through the hub waits a little for the next one, and then opens the journals itself. */
const outliveHub = async (ada: Agent): Promise<void> => {
  const { total } = await ada.do('task_list', { status: ['done'] });
  expect(total === 3, 'ada does not need the hub');
  say('ada', 'still reads the board, without it');
};

const main = async (): Promise<void> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-two-agents-'));
  const stops: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true })];
  const startHub = async (): Promise<Hub> => {
    const started = await Hub.start(dataDir);
    stops.push(() => started.stop());
    say('hub', `is ready on ${started.url}`);
    return started;
  };
  const startAgent = async (name: string): Promise<Agent> => {
    const agent = await Agent.overStdio(name, dataDir);
    stops.push(() => agent.close());
    const { workspace } = await agent.do('start');
    say(name, `starts in workspace ${String(workspace)}, over a process of its own`);
    return agent;
  };
  try {
    const early = hubLast ? undefined : await startHub();
    const ada = await startAgent('ada');
    const bert = await startAgent('bert');
    const hub = early ?? (await startHub());
    const carol = await Agent.overHttp('carol', hub);
    stops.push(() => carol.close());
    say('carol', 'starts over HTTP');
    await work([ada, bert, carol]);
    await carol.close();
    await hub.stop();
    say('hub', 'stops');
    await outliveHub(ada);
  } finally {
    for (const stop of stops.toReversed()) await stop();
  }
};

await main().catch((reason: unknown) => {
  console.error(reason instanceof Error ? reason.message : reason);
  process.exitCode = 1;
});
