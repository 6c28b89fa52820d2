/* What nobody has caught ends the process, in our words. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPlace } from '../cli/program.ts';

/** Throws where nobody catches it, as soon as the hub says that it listens. */
const defect = `
  const { stderr } = process;
  const write = stderr.write;
  stderr.write = (text, ...rest) => {
    if (String(text).includes('"listening"')) setImmediate(() => { throw new TypeError('odd'); });
    return write.call(stderr, text, ...rest);
  };`;

test('a defect that nobody has caught says that it is one, and where it was', async (t) => {
  const place = await openPlace(t);
  const { status, err } = await place.run(['serve', '--port', '0', '--log-level', 'info'], {
    env: { NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(defect)}` },
  });
  assert.equal(status, 1);
  assert.match(
    err,
    /^signalbox: a defect of Signalbox has ended this process\. It was here:\nTypeError: odd\n +at /m,
  );
});
