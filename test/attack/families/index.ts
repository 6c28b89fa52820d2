/* All families, in the order of the report. */
import type { Family } from '../harness/attack.ts';
import { crossSiteFamily } from './cross-site.ts';
import { forged } from './forged.ts';
import { guessing } from './guessing.ts';
import { json } from './json.ts';
import { log } from './log.ts';
import { pollution } from './pollution.ts';
import { rebinding } from './rebinding.ts';
import { redos } from './redos.ts';
import { replay } from './replay.ts';
import { sessions } from './sessions.ts';
import { slowloris } from './slow.ts';
import { smuggling } from './smuggling.ts';
import { ssrf } from './ssrf.ts';
import { terminal } from './terminal.ts';
import { traversal } from './traversal.ts';

export const families: readonly Family[] = [
  rebinding,
  crossSiteFamily,
  traversal,
  json,
  guessing,
  sessions,
  replay,
  smuggling,
  redos,
  terminal,
  log,
  pollution,
  ssrf,
  forged,
  slowloris,
];

/** Those that take longest, in a file of tests of their own. */
export const lasting: readonly Family[] = [redos, slowloris, terminal];
