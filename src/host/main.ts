import { enableCompileCache } from 'node:module';

// Loading the modules is most of a start. Where the cache cannot be written, starting is slower and nothing else.
enableCompileCache();

const { run } = await import('./command.ts');

await run(process.argv.slice(2));
