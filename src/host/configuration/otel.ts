import type { Form } from './forms.ts';

/** Where a collector of OpenTelemetry is. It is shown with the rest of the configuration, and so may hold no secret. */
export const otelForm: Form = {
  schema: { type: 'string', pattern: '^https?://.' },
  fault: (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (url === undefined || !/^https?:$/.test(url.protocol)) return 'it is not of the form http://HOST:PORT';
    return url.username === '' && url.password === ''
      ? undefined
      : 'it holds a user or a password, which belong into OTEL_EXPORTER_OTLP_HEADERS';
  },
};

/** The variable by which other programs are told the same. */
const everybodys = 'OTEL_EXPORTER_OTLP_ENDPOINT';

/** What was said for this program, or else for all; of the latter only what it can be. */
export const otelEndpoint = (own: string | undefined, env: NodeJS.ProcessEnv): string | undefined => {
  if (own !== undefined) return own;
  const common = env[everybodys];
  return common !== undefined && otelForm.fault(common) === undefined ? common : undefined;
};
