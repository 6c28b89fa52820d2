import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newTokenText } from '../../host/access/token-text.ts';
import { type HubProcess, openSite, startHub } from '../../../test/host/processes.ts';

describe('a hub that was started to be open', () => {
  const ask = async ({ url }: HubProcess, operation: string, token?: string): Promise<string> => {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` };
    const response = await fetch(`${url}/v1/operations/${operation}`, {
      method: 'POST',
      body: '{}',
      headers,
    });
    return `${response.status} ${await response.text()}`;
  };

  it('AC19 AC22 takes whoever shows nothing for its owner, says so in every status, and refuses a bad token', async (t) => {
    const hub = await startHub(await openSite(t));
    assert.match(await ask(hub, 'status'), /^200 .*"access":"open: .*--insecure-no-auth/);
    assert.match(await ask(hub, 'auth_status'), /^200 .*"asks":false.*"principal":"owner"/);
    assert.match(await ask(hub, 'status', newTokenText()), /^401 .*does not know this token/);
  });

  it('AC20 AC21 asks as soon as it is told to, also after a restart, until that is taken back', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site);
    assert.match(await ask(hub, 'auth_enable'), /^200 .*"asks":true/);
    const token = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    assert.match(await ask(hub, 'status'), /^401 /);
    assert.doesNotMatch(await ask(hub, 'status', token), /"access"/);
    await hub.stop();
    const again = await startHub(site);
    assert.match(await ask(again, 'status'), /^401 /);
    assert.match(await ask(again, 'auth_disable', token), /^200 .*"asks":false/);
    assert.match(await ask(again, 'status'), /^200 /);
  });

  it('AC21 is one only when it was started so', async (t) => {
    const site = await openSite(t);
    const hub = await startHub(site, { auth: true });
    const token = readFileSync(join(site.dataDir, 'token'), 'utf8').trim();
    assert.match(await ask(hub, 'auth_disable', token), /^409 .*--insecure-no-auth/);
    assert.match(await ask(hub, 'status'), /^401 /);
  });
});
