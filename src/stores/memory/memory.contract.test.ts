import { storeContract } from '../../testing/store.contract.ts';
import { createMemoryVault, openMemoryStore } from './memory-store.ts';

storeContract('memory', {
  capabilities: { durable: false, shared: true },
  createJournal: async () => {
    const vault = createMemoryVault();
    return { open: async () => openMemoryStore(vault), remove: async () => {} };
  },
});
