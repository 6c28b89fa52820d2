/* Loaded into a process before everything else, it writes down the address of each module that the process loads. */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const list = process.env['MODULES_LIST'] ?? '';

registerHooks({
  load: (url, context, nextLoad) => {
    appendFileSync(list, `${url}\n`);
    return nextLoad(url, context);
  },
});
