import { withPostgres } from '../../testing/postgres-server.ts';
import { testCluster, testJournal } from '../../testing/postgres-storage.ts';
import { opened } from '../../testing/store-files.ts';
import { storeContract } from '../../testing/store.contract.ts';

const capabilities = { durable: true, shared: true };

withPostgres('store contract: postgres', 'any', () => {
  storeContract('postgres, each store in a process of its own', {
    capabilities,
    createJournal: async () => {
      const cluster = await testCluster();
      return { open: () => cluster.store(), remove: cluster.remove };
    },
  });

  storeContract('postgres, all stores in one process', {
    capabilities,
    createJournal: async () => {
      const cluster = await testCluster();
      const storage = await cluster.storage();
      return {
        open: async () => opened(await storage.open(testJournal, 'may')),
        remove: cluster.remove,
      };
    },
  });
});
