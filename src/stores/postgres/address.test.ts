import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { devNull } from 'node:os';
import { type TestContext, test } from 'node:test';
import { opened } from '../../testing/store-files.ts';
import { addressOf } from './address.ts';

const secret = 'horse-battery';
const base = `postgresql://ada:${secret}@db.example/board`;
const local = `postgresql://ada:${secret}@localhost/board`;

const anyFile = encodeURIComponent(import.meta.filename);

/** What cannot be, and what is said of it; never the password. */
const wrong: readonly (readonly [url: string, why: RegExp])[] = [
  ['', /no URL/],
  [`http://a:${secret}@b/c`, /begins with http:/],
  [`postgresql://a:${secret}@b:x/c`, /no URL/],
  [`${base}?sslmode=prefer`, /sslmode=prefer: .*disable, require, verify-ca, verify-full/],
  [`${base}?sslmode=verify-ca`, /sslrootcert/],
  [`${base}?sslmode=verify-full&sslrootcert=/nowhere.pem`, /sslrootcert.*nowhere/],
  [`${base}?sslmod=verify-full`, /"sslmod" is not supported. Did you mean sslmode/],
  [`${base}?ssl_mode=verify-full`, /"ssl_mode" is not supported. Did you mean sslmode/],
  [`${base}?SSLMODE=require`, /"SSLMODE" is not supported. Did you mean sslmode/],
  [`${base}?foo=1`, /"foo" is not supported. Those that are: sslmode, /],
  [`${base}?ssl=true`, /"ssl" is not supported/],
  [`${base}?target_session_attrs=read-write`, /"target_session_attrs" is not supported/],
  [`${base}?uselibpqcompat=false`, /"uselibpqcompat" is not supported/],
  [`${base}?sslmode=verify-full&sslmode=disable`, /says sslmode twice/],
  [`${base}?sslrootcert=${anyFile}`, /sslrootcert counts only with sslmode=verify-full/],
  [`${base}?sslmode=disable&sslrootcert=${anyFile}`, /sslrootcert counts only with/],
  ...['', 'sslmode=disable&', 'sslmode=require&', 'sslmode=verify-ca&'].map(
    (mode) => [`${base}?${mode}sslrootcert=system`, /sslrootcert=system needs sslmode=verify-full/] as const,
  ),
  [`${base}?sslmode=verify-ca&sslrootcert=${encodeURIComponent(devNull)}`, /verify-ca.*[^.]\. It looks like/],
  [`postgresql://ada:${secret}@%ff/board`, /cannot be used: URI malformed\./],
  [`postgresql://ada:${secret}@db.example/%ff`, /cannot be used: URI malformed\./],
  [`${base}?sslnegotiation=direct`, /sslnegotiation=direct needs an sslmode/],
  [`${base}?channel_binding=require`, /channel_binding=require needs an sslmode/],
  [`${base}?channel_binding=prefer`, /channel_binding=prefer: .*disable, require/],
  [`${base}?connect_timeout=0`, /connect_timeout=0: .*1 to 600 seconds/],
  [`${base}#x`, /has a "#".*%23/],
  [`postgresql://a:12#${secret}@b/c`, /has a "#".*%23/],
  [`postgresql://a:12/${secret}@b/c`, /"@" behind the host.*%2F/],
  [`postgresql://a:12?${secret}&x@b/c`, /"@" behind the host.*%3F/],
];

test('an address that cannot be used, or says what is not done, is refused and not repeated', () => {
  for (const [url, why] of wrong) {
    const address = addressOf(url);
    ok(!address.ok, url);
    equal(address.code, 'invalid_input');
    match(address.message, why);
    ok(!address.message.includes(secret), address.message);
  }
});

test('what an address says besides reaches the library', () => {
  const { config, place } = opened(
    addressOf(
      `${local}?host=/run/postgresql&port=5433&application_name=x&connect_timeout=7&options=-c%20geqo%3Doff`,
    ),
  );
  equal(place, 'postgresql://ada@/run/postgresql:5433/board');
  equal(config.connectionTimeoutMillis, 7_000);
  deepEqual(
    [...new URL(config.connectionString ?? '').searchParams.keys()],
    ['host', 'port', 'application_name', 'options', 'uselibpqcompat'],
  );
  const bound = opened(addressOf(`${base}?sslmode=require&channel_binding=require`)).config;
  equal(bound.enableChannelBinding, true);
  equal(opened(addressOf(`${base}?sslmode=require`)).config.enableChannelBinding, undefined);
});

test('who does not say whether to encrypt what goes to another machine is told', () => {
  const warningOf = (url: string) => opened(addressOf(url)).warning;
  match(warningOf(base) ?? '', /postgresql:\/\/ada@db\.example\/board is not encrypted.*sslmode=verify-full/);
  ok(!warningOf(base)?.includes(secret));
  match(warningOf(`${local}?host=db.example`) ?? '', /db\.example/);
  for (const url of [
    local,
    'postgresql://127.0.0.1/board',
    'postgresql://[::1]/board',
    'postgresql:///board',
    'postgresql:///board?host=/run/postgresql',
    'postgresql://%2Frun%2Fpostgresql/board',
    `${base}?sslmode=disable`,
    `${base}?sslmode=require`,
  ])
    equal(warningOf(url), undefined, url);
});

/** What the environment of libpq says until the end of the test. */
const inEnvironment = (context: TestContext, said: Readonly<Record<`PG${string}`, string>>): void => {
  Object.assign(process.env, said);
  context.after(() => {
    for (const name of Object.keys(said)) delete process.env[name];
  });
};

test('where the address names no place, the one counts that the environment of libpq names', (context) => {
  equal(
    opened(addressOf('postgresql://127.0.0.1')).place,
    `postgresql://127.0.0.1/${process.env['USER'] ?? ''}`,
  );
  inEnvironment(context, { PGHOST: 'db.example', PGPORT: '5433', PGDATABASE: 'board' });
  for (const url of ['postgresql:///board', 'postgresql:']) {
    const { place, warning } = opened(addressOf(url));
    equal(place, 'postgresql://db.example:5433/board', url);
    match(warning ?? '', /db\.example:5433\/board is not encrypted/);
  }
  equal(opened(addressOf(local)).warning, undefined);
  equal(opened(addressOf('postgresql://[::1]:5432/x')).place, 'postgresql://[::1]/x');
});

test('PGSSLMODE counts where the address does not say sslmode, and means the same', (context) => {
  inEnvironment(context, { PGSSLMODE: 'require' });
  const sslmodeOf = (url: string) => {
    const { config, warning } = opened(addressOf(url));
    equal(warning, undefined);
    return new URL(config.connectionString ?? '').searchParams.get('sslmode');
  };
  equal(sslmodeOf(base), 'require');
  equal(sslmodeOf(`${base}?sslmode=disable`), 'disable');
  inEnvironment(context, { PGSSLMODE: 'prefer' });
  const refused = addressOf(base);
  match(
    refused.ok ? '' : refused.message,
    /PGSSLMODE=prefer: it is not supported; say one of disable, require/,
  );
  equal(sslmodeOf(`${base}?sslmode=verify-full`), 'verify-full');
});
