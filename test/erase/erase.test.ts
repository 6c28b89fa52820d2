/* `signalbox erase` by the program itself, with and without a hub on the same journals, and what is on the disk afterwards. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, describe, it } from 'node:test';
import { z } from 'zod';
import { type Place, openPlace } from '../cli/program.ts';

const env = { SIGNALBOX_WORKSPACE: 'main' } as const;

const good = async (place: Place, args: readonly string[]): Promise<string> => {
  const { status, out, err } = await place.run(args, { env });
  assert.equal(status, 0, `${args.join(' ')}: ${err}`);
  return out;
};

/** Everything that lies in the home of somebody who uses the program, names of files included. */
const homeOf = ({ home }: Place): string =>
  readdirSync(home, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map(({ parentPath, name }) => `${name}\n${readFileSync(join(parentPath, name), 'latin1')}`)
    .join('\n');

const erasedWords = /quinquereme|nineveh|ophir|palestine/i;

/** Ada and Bob have each said something of every kind. */
const openBoard = async (context: TestContext): Promise<Place> => {
  const place = await openPlace(context);
  const as = (agent: string, ...args: readonly string[]) => good(place, [...args, '--agent', agent]);
  await as('ada', 'start', '--metadata', 'branch=palestine');
  await as('bob', 'start');
  await as('ada', 'task', 'add', 'Quinquereme of Nineveh', '--slug', 'ship', '--body', 'from distant Ophir');
  await as('ada', 'task', 'update', 'ship', '--note', 'rowing home to haven in sunny Palestine');
  await as('ada', 'message', 'send', 'sandalwood from Ophir', '--to', 'bob');
  await as('bob', 'task', 'add', 'Stately galleon', '--slug', 'galleon');
  return place;
};

const startHub = async (place: Place) => {
  const hub = place.start(['serve', '--port', '0', '--insecure-no-auth'], { env });
  await hub.says('ready on');
  return hub;
};

const answerSchema = z.object({
  workspace: z.string(),
  agent: z.string().optional(),
  principal: z.string().optional(),
  keys_destroyed: z.number(),
  entries_sealed: z.number(),
  entries_plain: z.number(),
  not_reached: z.array(z.string()),
});

const erased = async (place: Place, ...args: readonly string[]) => {
  const { status, out, err } = await place.person(['erase', ...args, '--json'], { env });
  assert.equal(status, 0, err);
  return answerSchema.parse(JSON.parse(out));
};

const shown = async (place: Place): Promise<string> => {
  const answers = [
    await good(place, ['task', 'list', '--json']),
    await good(place, ['task', 'get', 'ship', '--history', '--json']),
    await good(place, ['inbox', '--agent', 'bob', '--json']),
    await good(place, ['audit', 'query', '--json']),
  ];
  return answers.join('\n');
};

const totalFound = async (place: Place, word: string): Promise<number> =>
  z.object({ total: z.number() }).parse(await place.json(['find', word], { env })).total;

describe('signalbox erase', () => {
  it('takes what an agent wrote from every answer and from the disk, and the journal verifies', async (t) => {
    const place = await openBoard(t);
    assert.match(await shown(place), erasedWords);
    assert.equal(await totalFound(place, 'quinquereme'), 1);
    assert.match(homeOf(place), erasedWords, 'the text index has the words');
    const answer = await erased(place, 'ada');
    assert.deepEqual([answer.agent, answer.keys_destroyed, answer.entries_plain], ['ada', 1, 0]);
    assert.ok(answer.entries_sealed >= 4 && answer.not_reached.length > 0);
    assert.doesNotMatch(homeOf(place), erasedWords);
    const after = await shown(place);
    assert.doesNotMatch(after, erasedWords);
    assert.match(after, /\[erased\].*Stately galleon|Stately galleon.*\[erased\]/s);
    assert.deepEqual([await totalFound(place, 'quinquereme'), await totalFound(place, 'galleon')], [0, 1]);
    assert.doesNotMatch(homeOf(place), erasedWords);
    assert.match(await good(place, ['verify']), /all good/);
    const nothing = await erased(place, 'ada');
    assert.equal(nothing.keys_destroyed, 0);
  });

  it('is heard by a hub that serves the same journals, before its next answer', async (t) => {
    const place = await openBoard(t);
    const hub = await startHub(place);
    assert.match(await shown(place), erasedWords);
    assert.equal(await totalFound(place, 'ophir'), 1);
    await erased(place, 'ada');
    assert.doesNotMatch(await shown(place), erasedWords);
    assert.equal(await totalFound(place, 'ophir'), 0);
    hub.kill('SIGTERM');
    const { status, err } = await hub.ended;
    assert.equal(status, 0, err);
    assert.doesNotMatch(homeOf(place), erasedWords);
    assert.doesNotMatch(await shown(place), erasedWords);
  });

  it('takes what a principal wrote with all its agents, and nothing else in the hub', async (t) => {
    const place = await openBoard(t);
    await good(place, ['workspace', 'add', 'yard', '--title', 'Title of the yard']);
    await erased(place, 'owner');
    assert.doesNotMatch(await shown(place), /Stately|Quinquereme/);
    assert.match(await good(place, ['workspace', 'list', '--json']), /Title of the yard/);
    const { status, out, err } = await place.person(['erase', 'owner', '--of', 'hub'], {});
    assert.equal(status, 0, err);
    assert.match(out, /^What principal "owner" and its agents wrote is erased: 1 key is destroyed/);
    assert.doesNotMatch(await good(place, ['workspace', 'list', '--json']), /Title of the yard/);
    assert.match(await good(place, ['verify', '--of', 'hub']), /all good/);
  });

  it('does nothing without a person, for nobody, or for a name that is not there', async (t) => {
    const place = await openBoard(t);
    const piped = await place.run(['erase', 'ada'], { env });
    assert.match(piped.err, /This needs a person/);
    const refused = await place.person(['erase', 'ada'], { env, answer: () => 'no' });
    assert.match(refused.err, /Erases for good what agent "ada" wrote in "main": \d+ entries/);
    assert.match(refused.err, /The number was not typed/);
    const near = await place.run(['erase', 'aba'], { env });
    assert.match(
      near.err,
      /Nobody called "aba" has written anything here\. Nothing was done\. Did you mean "ada"\?/,
    );
    const far = await place.run(['erase', 'somebody'], { env });
    assert.match(far.err, /Those who did are ada, bob, owner/);
    for (const args of [[], ['ada', 'bob'], ['ada', '--kind', 'person']]) {
      const wrong = await place.run(['erase', ...args], { env });
      assert.equal(wrong.status, 2, wrong.err);
    }
    assert.match(await shown(place), erasedWords);
  });
});
