import { databaseAt, withPostgres } from '../../src/testing/postgres-server.ts';
import { upkeepOn } from './on-database.ts';

withPostgres('keeping journals on PostgreSQL', 'own', () => {
  upkeepOn({
    kind: 'postgres',
    endTerms: async () => {},
    failing: async ({ env }) => {
      const { sql } = databaseAt(env['SIGNALBOX_POSTGRES_URL'] ?? '');
      const alter = async (what: string): Promise<void> => {
        await sql(`alter system ${what}`);
        await sql('select pg_reload_conf()');
      };
      await alter('set default_transaction_read_only = on');
      return () => alter('reset default_transaction_read_only');
    },
  });
});
