import assert from 'node:assert/strict';
import { Writable } from 'node:stream';
import { describe, it } from 'node:test';
import { z } from 'zod';
import { type LogOptions, type LogStream, openLog } from './log.ts';

/** A stream that keeps what is written, and says that it is a terminal if it should. */
const collect = (isTTY: boolean) => {
  const lines: string[] = [];
  const stream: LogStream = Object.assign(
    new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        done();
      },
    }),
    { isTTY },
  );
  return { lines, stream };
};

const opened = (options: Partial<LogOptions> & { readonly terminal?: boolean } = {}) => {
  const { terminal = false, ...others } = options;
  const { lines, stream } = collect(terminal);
  return {
    lines,
    stream,
    log: openLog({ logLevel: 'warn', debug: false, colour: false, stream, ...others }),
  };
};

const lineSchema = z.looseObject({
  level: z.string(),
  time: z.iso.datetime(),
  pid: z.int(),
  msg: z.string(),
});

describe('the log', () => {
  it('is a line of JSON per message where no person looks', () => {
    const { log, lines } = opened();
    log.warn('this\nis odd', { port: 1 });
    log.error('that broke', new TypeError('why'));
    log.error('and that');
    const told = lines.map((line) => {
      assert.equal(line.indexOf('\n'), line.length - 1);
      return lineSchema.parse(JSON.parse(line));
    });
    assert.deepEqual(
      told.map(({ level, msg, pid }) => [level, msg, pid]),
      [
        ['warn', 'this\nis odd', process.pid],
        ['error', 'that broke', process.pid],
        ['error', 'and that', process.pid],
      ],
    );
    assert.equal(told[0]?.['port'], 1);
    const { message, stack } = z
      .looseObject({ message: z.string(), stack: z.string() })
      .parse(told[1]?.['err']);
    assert.equal(message, 'why');
    assert.match(stack, /log\.test\.ts/);
  });

  it('shows of what was thrown neither what its message quotes nor what else it carries', () => {
    const { log, lines } = opened();
    const cause = new RangeError('`a body` it was');
    const thrown = Object.assign(new TypeError('odd: "a\n    at body", it is', { cause }), {
      input: 'a body',
    });
    log.error('that broke', thrown);
    assert.doesNotMatch(lines.join(''), /body/);
    const { type, message } = Object(JSON.parse(lines[0] ?? '')).err;
    assert.deepEqual([type, message], ['TypeError', 'odd: "…", it is: "…" it was']);
  });

  it('keeps what is below its level to itself', () => {
    const levels = ['error', 'warn', 'info', 'debug'] as const;
    for (const [index, logLevel] of levels.entries()) {
      const { log, lines } = opened({ logLevel });
      log.debug('x');
      log.info('x');
      log.warn('x');
      log.error('x');
      assert.deepEqual(
        lines.map((line) => lineSchema.parse(JSON.parse(line)).level).toReversed(),
        levels.slice(0, index + 1),
      );
      assert.equal(log.debugs, logLevel === 'debug');
    }
  });

  it('goes on when nobody reads it any more', () => {
    const stream: LogStream = new Writable({
      write: (_chunk, _encoding, done) => done(new TypeError('write EPIPE')),
    });
    const log = openLog({ logLevel: 'warn', debug: false, colour: false, stream });
    log.warn('x');
    log.warn('y');
  });
});

describe('the log on a terminal', () => {
  it('is for people, and obeys nothing that others wrote', () => {
    const { log, lines } = opened({ terminal: true });
    log.warn('the port \u001b[31mis red', { port: 1, why: 'a\u202eb' });
    log.error('that broke', new TypeError('why\nagain'));
    assert.match(
      lines[0] ?? '',
      /^\d\d:\d\d:\d\d warn {2}the port \\u001b\[31mis red port=1 why=a\\u202eb\n$/,
    );
    assert.match(lines[1] ?? '', /^\S+ error that broke: why\\u000aagain\n$/);
  });

  it('shows where an error comes from only if asked to', () => {
    const { log, lines } = opened({ terminal: true, debug: true, logLevel: 'debug' });
    log.error('that broke', new TypeError('why'));
    assert.match(lines[0] ?? '', /^\S+ error that broke: why\n +at .*log\.test\.ts:\d+/);
  });

  it('has colours only where there are some', () => {
    const { log, lines } = opened({ terminal: true, colour: true });
    log.warn('x');
    assert.match(lines[0] ?? '', /\u001b\[33mwarn \u001b\[39m x/);
  });

  it('takes whatever was thrown', () => {
    const { log, lines } = opened({ terminal: true });
    log.error('that broke', 'a text');
    assert.match(lines[0] ?? '', /that broke: a text\n$/);
  });
});
