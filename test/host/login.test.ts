import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { shellWord } from '../../src/surfaces/cli/answer.ts';
import { openPlace } from '../cli/program.ts';
import { type EndedThere, runAtTerminal } from '../terminal.ts';
import {
  type Site,
  compiledOnce,
  main,
  mainOnly,
  openSite,
  swift,
  runCommand,
  startHub,
} from './processes.ts';

const loginAt = ({ dataDir }: Site, answer?: (number: string) => string): Promise<EndedThere> =>
  runAtTerminal({
    words: [process.execPath, ...swift, main, 'login', '--data-dir', dataDir],
    env: { ...process.env, ...compiledOnce, ...mainOnly },
    ...(answer !== undefined && { answer }),
  });

const enter = async (link: string): Promise<unknown> => {
  const { origin, hash } = new URL(link);
  const body = JSON.stringify({ code: hash.slice(1) });
  const headers = { origin, 'content-type': 'application/json' };
  const response = await fetch(`${origin}/login`, { method: 'POST', headers, body });
  const told = JSON.parse(await response.text());
  return response.ok ? told.principal : told.error.code;
};

describe('signalbox login', () => {
  it('prints a link for the person who confirms it', async (t) => {
    const site = await openSite(t);
    const { url } = await startHub(site, { auth: true });
    const { status, out, err } = await loginAt(site);
    assert.equal(status, 0, err);
    assert.match(err, /in your name/);
    const link = /\S+\/login#\S+/.exec(out)?.[0] ?? '';
    assert(link.startsWith(`${url}/login#`), out);
    assert.deepEqual([await enter(link), await enter(link)], ['owner', 'unauthenticated']);
    const wrong = await loginAt(site, () => 'no');
    assert.deepEqual([wrong.status, wrong.out], [5, '']);
  });

  it('is refused to programs, and where there is nothing to log in to', async (t) => {
    const site = await openSite(t);
    const nobody = await runCommand(['login', '--data-dir', site.dataDir]);
    assert.deepEqual([nobody.status, nobody.out], [4, '']);
    assert.match(nobody.err, /No hub serves this data directory.*signalbox serve/s);
    await startHub(site, { auth: true });
    const program = await runCommand(['login', '--data-dir', site.dataDir]);
    assert.deepEqual([program.status, program.out], [5, '']);
    assert.match(program.err, /needs a person.*signalbox login/s);
  });
});

describe('the first start of a hub', () => {
  it('shows its owner the token and a link on a terminal, and no later start does', async (t) => {
    const site = await openSite(t);
    const start = async (): Promise<{ readonly said: string; readonly entered: unknown }> => {
      const words = [process.execPath, ...swift, main, 'serve', '--port', '0', '--data-dir', site.dataDir];
      const child = spawn('script', ['-qefc', `exec ${words.map(shellWord).join(' ')}`, '/dev/null'], {
        stdio: ['pipe', 'pipe', 'inherit'],
        env: { ...process.env, ...compiledOnce, ...mainOnly, SHELL: '/bin/sh' },
      });
      let said = '';
      const ready = new Promise<void>((resolve) => {
        child.stdout.setEncoding('utf8').on('data', (part: string) => {
          said += part;
          if (said.includes('Ctrl-C')) resolve();
        });
      });
      await Promise.race([ready, once(child, 'close')]);
      const link = /http:\S+\/login#[\w-]+/.exec(said)?.[0];
      const entered = link === undefined ? undefined : await enter(link);
      child.stdin.write('\u0003');
      await once(child, 'close');
      return { said, entered };
    };
    const first = await start();
    assert.equal(first.entered, 'owner');
    const token = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    assert(first.said.includes(token));
    const { said, entered } = await start();
    assert.match(said, /ready on/);
    assert(!said.includes(token));
    assert.equal(entered, undefined);
  });

  it('shows none to what else reads its output', async (t) => {
    const place = await openPlace(t);
    const started = place.start(['serve', '--port', '0']);
    const said = await started.says('Ctrl-C');
    started.kill('SIGTERM');
    await started.ended;
    assert.match(said, /Yours was made just now/);
    assert(!said.includes('login#') && !said.includes('sbx_'));
  });
});
