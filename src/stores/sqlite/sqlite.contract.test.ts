import { storeContract } from '../../testing/store.contract.ts';
import { createTestJournal } from '../../testing/store-files.ts';

storeContract('sqlite', {
  capabilities: { durable: true, shared: true },
  createJournal: async () => createTestJournal(),
});
