/* What the command line says of a token with which a hub lets nobody in. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { newTokenText } from '../../src/host/access/token-text.ts';
import { openPlace } from './program.ts';

describe('a token that lets nobody in', () => {
  it('is named by where it was said, with where another comes from', async (t) => {
    const place = await openPlace(t);
    await place.start(['serve', '--port', '0']).says('Ctrl-C');
    for (const token of ['foo', newTokenText()]) {
      const { status, err } = await place.run(['status'], { env: { SIGNALBOX_TOKEN: token } });
      assert.equal(status, 5);
      assert.match(
        err,
        /^signalbox: The token in SIGNALBOX_TOKEN is none of this hub\. signalbox token create/,
      );
      assert.match(err, /On your own data directory you need none: leave SIGNALBOX_TOKEN unset\.$/m);
      assert.doesNotMatch(err, /header/);
    }
    writeFileSync(join(place.cwd, 'a.env'), '\nSIGNALBOX_TOKEN=foo\n');
    const { err } = await place.run(['status', '--env-file', 'a.env']);
    assert.match(err, /The token in ~?\S*\/a\.env:2 is none of this hub\..* take it out of that file\./);
    assert.equal((await place.run(['status'])).status, 0);
  });

  it('is asked for where the hub was given one, and no address is blamed that nobody gave', async (t) => {
    const place = await openPlace(t);
    const token = newTokenText();
    const said = await place
      .start(['serve', '--port', '0'], { env: { SIGNALBOX_TOKEN: token } })
      .says('Ctrl-C');
    const { status, err } = await place.run(['status']);
    assert.equal(status, 5);
    assert.match(
      err,
      /^signalbox: The hub of the data directory \S+ asks who calls: .*Set the same SIGNALBOX_TOKEN/,
    );
    assert.doesNotMatch(err, /--url/);
    const url = /ready on (\S+)/.exec(said)?.[1] ?? '';
    assert.match((await place.run(['status', '--url', url])).err, /you need none: leave out --url\.$/m);
    const { err: named } = await place.run(['status'], { env: { SIGNALBOX_URL: url } });
    assert.match(named, /you need none: leave SIGNALBOX_URL unset\.$/m);
    assert.equal((await place.run(['status'], { env: { SIGNALBOX_TOKEN: token } })).status, 0);
  });

  it('is told to have ended', async (t) => {
    const place = await openPlace(t);
    await place.start(['serve', '--port', '0']).says('Ctrl-C');
    const made = await place.person(['token', 'create', '--json']);
    const { id, token } = Object(JSON.parse(made.out));
    assert.equal((await place.person(['token', 'revoke', String(id)])).status, 0);
    const { err } = await place.run(['status'], { env: { SIGNALBOX_TOKEN: String(token) } });
    assert.match(err, /^signalbox: The token in SIGNALBOX_TOKEN \(tk_\w+\) was revoked\. .*token create/);
    assert.match(err, /leave SIGNALBOX_TOKEN unset/);
  });
});
