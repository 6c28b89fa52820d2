import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { minuteMs, isoTime } from '../../kernel/instants.ts';
import { AccessDesk, ownerActor } from '../../testing/access-desk.ts';

describe('AC12 AC30 a token that refreshes itself', () => {
  it('lasts as long again as it did at most, of whatever kind it is', () => {
    const desk = new AccessDesk();
    desk.principal('ci', 'service', 'worker');
    for (const input of [
      { for_agent: 'ada' },
      { kind: 'agent' },
      { principal: 'ci' },
      { for_agent: 'ada', kind: 'person' },
      {},
    ]) {
      const brief = desk.token(ownerActor, { ...input, expires: 60 });
      const { token: id } = brief;
      const [what, wider] = [JSON.stringify(input), { code: 'forbidden' } as const];
      for (let again = 0; again < 3; again += 1) {
        for (const expires of [61, 86_400, 'never']) {
          const { message, details } = desk.refused(brief, 'token_refresh', {
            ...wider,
            input: { id, expires },
          });
          assert.match(message, /as long again as it did at most.* 60 seconds\. Leave expires out/, what);
          assert.equal(details['secondsMax'], 60, what);
        }
        desk.scenario.now += minuteMs / 2;
        const { expires_at: end } = desk.do(brief, 'token_refresh', {
          id,
          ...(again === 1 && { expires: 60 }),
        });
        assert.equal(end, isoTime(desk.scenario.now + minuteMs), what);
      }
      assert.equal(
        desk.do(ownerActor, 'token_refresh', { id, expires: 3_600 })['expires_at'],
        isoTime(desk.scenario.now + 60 * minuteMs),
        'by a person, who is not held to it',
      );
    }
  });

  it('lasts not a millisecond longer where it was cut short', () => {
    const desk = new AccessDesk();
    const maker = desk.token(ownerActor, { expires: 3_600 });
    desk.scenario.now += 59 * minuteMs + 501;
    const cut = desk.token(maker, { for_agent: 'ada' });
    for (let again = 0; again < 3; again += 1) {
      desk.scenario.now += 1;
      const { expires_at: end } = desk.do(cut, 'token_refresh', { id: cut.token });
      assert.equal(end, isoTime(desk.scenario.now + minuteMs - 501));
    }
  });
});

describe('AC18 a token that is held to categories', () => {
  const openDesk = () => {
    const desk = new AccessDesk();
    const held = desk.token(ownerActor, { role: 'admin', categories: ['tasks'] });
    const other = desk.token(ownerActor, { role: 'worker', categories: ['tasks'] });
    return { desk, held, other };
  };

  it('AC12 AC13 is told of itself, refreshes and revokes itself', () => {
    const { desk, held } = openDesk();
    assert.deepEqual(desk.do(held, 'auth_status')['categories'], ['tasks']);
    assert.equal(desk.do(held, 'token_refresh', { id: held.token })['id'], held.token);
    assert.equal(desk.do(held, 'token_revoke', { id: held.token })['standing'], 'revoked');
  });

  it('refreshes and revokes no other, and is not told whether there is one', () => {
    const { desk, held, other } = openDesk();
    for (const name of ['token_refresh', 'token_revoke']) {
      const [known, unknown] = [other.token, 'tk_0000000000'].map(
        (id) => desk.refused(held, name, { code: 'forbidden', input: { id } }).message,
      );
      assert.match(known ?? '', new RegExp(`^${name} belongs to the category access`));
      assert.equal(known, unknown);
    }
    const able = desk.token(ownerActor, { categories: ['tasks', 'access'] });
    desk.do(able, 'token_refresh', { id: other.token });
    desk.do(able, 'token_revoke', { id: other.token });
  });
});
