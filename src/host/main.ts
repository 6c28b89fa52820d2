import { writeSync } from 'node:fs';
import { enableCompileCache } from 'node:module';
import { shownError } from './shown-error.ts';

// Loading the modules is most of a start. Where the cache cannot be written, starting is slower and nothing else.
enableCompileCache();

const internalExit = 1;

/** What nobody has caught is a defect. It ends the process, and says so in our words before it shows where it was. */
const end = (thrown: unknown): void => {
  const { type, message, stack } = shownError(thrown);
  const where = `${type}: ${message}\n${stack}`;
  try {
    writeSync(
      process.stderr.fd,
      `signalbox: a defect of Signalbox has ended this process. It was here:\n${where}\n`,
    );
  } finally {
    process.exit(internalExit);
  }
};

process.on('uncaughtException', end);

const { run } = await import('./command.ts');

await run(process.argv.slice(2));
