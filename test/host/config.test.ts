/* `signalbox config`, and what the program makes of its configuration, as processes show it. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type Place, openPlace } from '../cli/program.ts';

const writeUserFile = ({ home }: Place, text: string): string => {
  const folder = join(home, '.config', 'signalbox');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'signalbox.yaml'), text);
  return join(folder, 'signalbox.yaml');
};

describe('signalbox config', () => {
  it('shows each value and where it was said', async (t) => {
    const place = await openPlace(t);
    const file = writeUserFile(place, 'port: 9000\n');
    const env = { SIGNALBOX_AGENT: 'ada' };
    const { status, out, err } = await place.run(['config', '--workspace', 'shop'], { env });
    assert.deepEqual([status, err], [0, '']);
    assert.match(out, /^workspace +shop +--workspace$/m);
    assert.match(out, /^agent +ada +SIGNALBOX_AGENT$/m);
    assert.match(out, /^store +sqlite +default$/m);
    assert(out.includes(` ${file}:1\n`) && out.endsWith(`\nFiles read: ${file}\n`));
    const shown = z
      .object({
        keys: z.array(z.object({ key: z.string(), value: z.json(), origin: z.json() })),
        files: z.array(z.string()),
      })
      .parse(await place.json(['config', '--workspace', 'shop'], { env }));
    assert.deepEqual(shown.files, [file]);
    assert.deepEqual(
      shown.keys.filter(({ key }) => key === 'port'),
      [{ key: 'port', value: 9000, origin: { kind: 'file', path: file, line: 1 } }],
    );
  });

  it('says which of a socket and a port holds, and what serve refuses', async (t) => {
    const place = await openPlace(t);
    writeUserFile(place, 'listen: unix:/run/hub.sock\n');
    const socket = await place.run(['config']);
    assert.match(socket.out, /^port .* \(not used: the hub listens on a socket\)$/m);
    const port = await place.run(['config'], { env: { SIGNALBOX_PORT: '9000' } });
    assert.match(port.out, /^port +9000 +SIGNALBOX_PORT$/m);
    assert.match(port.out, /^listen .* \(not used: host or port is said nearer to the call\)$/m);
    const open = ['config', '--host', '0.0.0.0'];
    assert.match((await place.run(open)).out, /^host +0\.0\.0\.0 +--host \(serve refuses it: /m);
    const noted = z.object({
      keys: z.array(z.looseObject({ key: z.string(), note: z.string().optional() })),
    });
    const { keys } = noted.parse(await place.json(open));
    assert.deepEqual(
      keys.flatMap(({ key, note }) => (note === undefined ? [] : [key])),
      ['host', 'listen'],
    );
    assert.equal((await place.run(['serve', ...open.slice(1)])).status, 5);
  });

  it('writes an example that can be used as it is, and a schema', async (t) => {
    const place = await openPlace(t);
    const { out } = await place.run(['config', '--example']);
    const before = await place.run(['config']);
    writeUserFile(place, out);
    const after = await place.run(['config']);
    assert.equal(after.out.split('\n\n')[0], before.out.split('\n\n')[0]);
    const schema = z.looseObject({ properties: z.record(z.string(), z.unknown()) });
    for (const args of [[], ['--json']]) {
      const { out: text } = await place.run(['config', '--schema', ...args]);
      assert('data_dir' in schema.parse(JSON.parse(text)).properties);
    }
    assert.equal((await place.run(['config', '--schema', '--example'])).status, 2);
  });
});

describe('a mistake in the configuration', () => {
  it('ends what needs a configuration with its line', async (t) => {
    const place = await openPlace(t);
    const file = writeUserFile(place, '# mine\nprot: 9000\n');
    for (const args of [['config'], ['task', 'list'], ['serve', '--port', '0'], ['mcp']]) {
      const { status, out, err } = await place.run(args);
      assert.deepEqual([status, out], [2, ''], args.join(' '));
      assert(err.includes(`${file}:2: there is no key "prot". Did you mean port?`), err);
    }
  });

  it('does not end what needs no configuration, unless it is on the line itself', async (t) => {
    const place = await openPlace(t);
    const needless = [
      ['config', '--example'],
      ['config', '--schema'],
      ['completion', 'bash'],
      ['completion', 'zsh'],
      ['completion', 'fish'],
    ];
    const outs: string[] = [];
    for (const args of needless) outs.push((await place.run(args)).out);
    writeUserFile(place, 'worksapce: x\n');
    for (const [index, args] of needless.entries()) {
      const { status, out } = await place.run(args, { env: { SIGNALBOX_PORT: 'x' } });
      assert.deepEqual([status, out], [0, outs[index]], args.join(' '));
    }
    for (const args of needless) assert.equal((await place.run([...args, '--log-level', 'x'])).status, 2);
  });

  it('in the environment is a warning', async (t) => {
    const place = await openPlace(t);
    const { status, err } = await place.run(['config'], { env: { SIGNALBOX_PROT: '1' } });
    assert.equal(status, 0);
    assert.match(err, /^\{"level":"warn",.*"SIGNALBOX_PROT is no setting .*SIGNALBOX_PORT\?"\}\n$/);
  });
});

describe('the log of a hub', () => {
  it('tells each request at the level debug, and nothing by default', async (t) => {
    const place = await openPlace(t);
    const logOf = async (args: readonly string[]): Promise<string> => {
      const hub = place.start(['serve', '--port', '0', ...args]);
      const url = /ready on (\S+)/.exec(await hub.says('Ctrl-C'))?.[1] ?? '';
      await fetch(`${url}/health?secret`);
      hub.kill('SIGTERM');
      return (await hub.ended).err;
    };
    assert.equal(await logOf([]), '');
    const told = await logOf(['--debug']);
    assert.match(told, /"method":"GET","path":"\/health","status":200,"ms":\d+,"msg":"answered"/);
    assert.doesNotMatch(told, /secret/);
    for (const line of told.trimEnd().split('\n')) JSON.parse(line);
  });
});

describe('a data directory that cannot be used', () => {
  it('is said in words', async (t) => {
    const place = await openPlace(t);
    const file = join(place.home, 'file');
    writeFileSync(file, '');
    const [link, nowhere] = [join(place.home, 'link'), join(place.home, 'nowhere')];
    symlinkSync(nowhere, link);
    const circle = join(place.home, 'circle');
    symlinkSync(circle, circle);
    // Where mkdir says of a folder that is there that it is not.
    const proc = process.platform === 'linux' ? ['/proc/signalbox', '/proc/signalbox/below'] : [];
    for (const [dataDir, why] of [
      [file, `${file} is a file`],
      [join(file, 'below'), `${file} is a file`],
      ['/dev/null/x', '/dev/null is not a folder'],
      [link, `${link} is a symbolic link to ${nowhere}, which is not there`],
      [join(link, 'below'), `${link} is a symbolic link to ${nowhere}, which is not there`],
      [join(circle, 'below'), `the symbolic link ${circle} leads in a circle`],
      ...proc.map((path) => [path, 'the system makes no folders there'] as const),
    ] as const) {
      const { status, err } = await place.run(['serve', '--port', '0', '--data-dir', dataDir]);
      assert.equal(status, 6);
      assert(
        err.includes(`The data directory ${dataDir} cannot be used: ${why}. Choose another with --data-dir.`),
        err,
      );
    }
  });
});
