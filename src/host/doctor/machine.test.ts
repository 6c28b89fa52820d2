import assert from 'node:assert/strict';
import { it } from 'node:test';
import { ofSpace } from './machine.ts';

it('little disk space is warned about, and hardly any is bad', () => {
  const gibibyte = 1_073_741_824;
  for (const [freeBytes, state] of [
    [5 * gibibyte, 'good'],
    [gibibyte, 'good'],
    [gibibyte - 1, 'warn'],
    [gibibyte / 10, 'warn'],
    [gibibyte / 20, 'bad'],
    [0, 'bad'],
  ] as const) {
    const finding = ofSpace('/data/it’s', freeBytes);
    assert.equal(finding.state, state, String(freeBytes));
    assert.equal(finding.mend !== undefined, state !== 'good');
  }
  assert.match(ofSpace("/it's", 0).mend ?? '', /^du -xh '\/it'\\''s' \|/);
});
