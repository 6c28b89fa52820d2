import { withPostgres } from '../../src/testing/postgres-server.ts';
import { upkeepOn } from './on-database.ts';

withPostgres('keeping journals on PostgreSQL', 'own', () => {
  upkeepOn({ kind: 'postgres', endTerms: async () => {} });
});
