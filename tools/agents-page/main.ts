/**
 * Writes docs/agents.md by letting two agents work. With `--check` it writes nothing, and fails when the page is out of
 * date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Hub, signalbox } from '../../examples/two-agents/agents.ts';
import { type Exchange, RecordedAgent, workTogether } from './conversation.ts';
import { pageOf } from './page.ts';

const file = join(import.meta.dirname, '../../docs/agents.md');

const converse = async (): Promise<string> => {
  const dataDir = await mkdtemp(join(tmpdir(), 'signalbox-agents-page-'));
  const hub = await Hub.start(dataDir);
  const closes: (() => Promise<unknown>)[] = [() => rm(dataDir, { recursive: true }), () => hub.stop()];
  const opened = async (agent: Promise<RecordedAgent>): Promise<RecordedAgent> => {
    const present = await agent;
    closes.push(() => present.close());
    return present;
  };
  const record: Exchange[] = [];
  try {
    const person = await opened(RecordedAgent.overHttp('person', hub, record));
    const ada = await opened(RecordedAgent.overHttp('ada', hub, record));
    const command = [signalbox, 'mcp', '--data-dir', dataDir, '--workspace', 'main'] as const;
    const bert = await opened(RecordedAgent.overStdio('bert', command, record));
    await workTogether(person, ada, bert);
    return pageOf(await ada.opening(), record, ['person', 'ada', 'bert']);
  } finally {
    for (const close of closes.toReversed()) await close();
  }
};

const page = await converse();
if (!process.argv.includes('--check')) {
  writeFileSync(file, page);
  console.log('docs/agents.md written.');
} else if (readFileSync(file, 'utf8') !== page) {
  console.error(
    'docs/agents.md is out of date. Run "npm run docs" and look at the difference before you commit it.',
  );
  process.exitCode = 1;
}
