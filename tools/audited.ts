import { z } from 'zod';

const reportSchema = z.looseObject({
  auditReportVersion: z.literal(2),
  vulnerabilities: z.record(
    z.string(),
    z.looseObject({ severity: z.string(), range: z.string(), via: z.array(z.unknown()) }),
  ),
  metadata: z.looseObject({ dependencies: z.looseObject({ total: z.number() }) }),
});

const adviceSchema = z.looseObject({ title: z.string(), url: z.string() });

/** What `npm audit --json` has found. */
export type Audited =
  | { readonly kind: 'clean'; readonly packages: number }
  /** The registry was not reached, or does not answer this. */
  | { readonly kind: 'unanswered'; readonly reason: string }
  | { readonly kind: 'weak'; readonly findings: readonly string[] };

const reasonCharactersMax = 200;

/** Only a whole report says that nothing is wrong. */
export const readAudit = (output: string): Audited => {
  const report = reportSchema.safeParse(parsed(output));
  if (!report.success) return { kind: 'unanswered', reason: reasonIn(output) };
  const { vulnerabilities, metadata } = report.data;
  const findings = Object.entries(vulnerabilities).map(([name, { severity, range, via }]) => {
    const advice = via.map((one) => adviceSchema.safeParse(one)).flatMap(({ data }) => data ?? []);
    return `${name} ${range} (${severity}): ${advice.map(({ title, url }) => `${title} ${url}`).join('; ') || 'through what it needs'}`;
  });
  return findings.length === 0
    ? { kind: 'clean', packages: metadata.dependencies.total }
    : { kind: 'weak', findings };
};

const parsed = (output: string): unknown => {
  try {
    return JSON.parse(output);
  } catch {
    return undefined;
  }
};

const reasonIn = (output: string): string => {
  const found = z.looseObject({ message: z.string() }).safeParse(parsed(output));
  return (found.data?.message ?? 'npm audit gave no report').slice(0, reasonCharactersMax);
};
