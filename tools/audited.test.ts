import assert from 'node:assert/strict';
import test from 'node:test';
import { readAudit } from './audited.ts';

const report = (vulnerabilities: unknown): string =>
  JSON.stringify({ auditReportVersion: 2, vulnerabilities, metadata: { dependencies: { total: 42 } } });

test('only a whole report without findings is clean', () => {
  assert.deepEqual(readAudit(report({})), { kind: 'clean', packages: 42 });
  for (const [output, reason] of [
    ['', /no report/],
    ['{}', /no report/],
    ['{"message":"request to https://x failed, reason: connect ECONNREFUSED"}', /ECONNREFUSED/],
    ['{"message":"405 Method Not Allowed - POST https://x","statusCode":405}', /405/],
  ] as const) {
    const audited = readAudit(output);
    assert.equal(audited.kind, 'unanswered', output);
    assert.match(audited.kind === 'unanswered' ? audited.reason : '', reason);
  }
});

test('a weakness is told with its package, how bad it is and where to read of it', () => {
  const via = [
    { title: 'Prototype pollution', url: 'https://github.com/advisories/GHSA-x', severity: 'high' },
  ];
  const audited = readAudit(
    report({
      deep: { severity: 'high', range: '<2.0.0', via },
      above: { severity: 'low', range: '*', via: ['deep'] },
    }),
  );
  assert.deepEqual(audited, {
    kind: 'weak',
    findings: [
      'deep <2.0.0 (high): Prototype pollution https://github.com/advisories/GHSA-x',
      'above * (low): through what it needs',
    ],
  });
});
