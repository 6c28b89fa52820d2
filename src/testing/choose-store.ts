import { registerHooks } from 'node:module';

/**
 * Imported before a test file (`node --import`), it puts the store that `SIGNALBOX_TEST_STORE` names in the place of the
 * memory store.
 */
const memory = new URL('../stores/memory/memory-store.ts', import.meta.url).href;
const chosen = new URL('./chosen-vault.ts', import.meta.url).href;

if ((process.env['SIGNALBOX_TEST_STORE'] ?? '') !== '') {
  registerHooks({
    resolve: (specifier, context, next) => {
      const found = next(specifier, context);
      return found.url === memory && context.parentURL !== chosen ? { ...found, url: chosen } : found;
    },
  });
}
