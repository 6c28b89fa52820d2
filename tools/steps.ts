/** One check of the gate. */
export interface Step {
  readonly name: string;
  /** The script of package.json that does it. */
  readonly script: string;
  /** A file without which the step cannot run, and which must exist. */
  readonly needs?: string;
  /** The script of the step that has to be over before this one begins. */
  readonly after?: string;
  /** Nothing else runs beside it: it has use for all of the machine. */
  readonly alone?: true;
}

/** What a step left behind: whether it succeeded, and what it printed. */
export interface Outcome {
  readonly ok: boolean;
  readonly output: string;
}

/** A step that succeeds and could not check everything says so in a line that begins with this. */
export const notChecked = 'Not checked: ';

/** What the runner needs from the machine, so that it can be tested without one. */
export interface Machine {
  readonly exists: (path: string) => boolean;
  readonly run: (script: string) => Promise<Outcome>;
  readonly print: (line: string) => void;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
}

/** As many cores as the machine of a newcomer has. */
const atOnce = 2;

const attempt = async ({ script, needs }: Step, machine: Machine): Promise<Outcome> =>
  needs === undefined || machine.exists(needs)
    ? machine.run(script)
    : { ok: false, output: `${needs} is missing, and without it this step can check nothing.` };

/** The first that may begin beside those that run; none may before one that has to be alone and stands before it. */
const nextOf = (waiting: readonly Step[], running: ReadonlyMap<Step, unknown>): Step | undefined => {
  if (running.size >= atOnce || [...running.keys()].some(({ alone }) => alone === true)) return undefined;
  const pending = new Set([...waiting, ...running.keys()].map(({ script }) => script));
  const lonely = waiting.findIndex(({ alone }) => alone === true);
  if (lonely === 0) return running.size === 0 ? waiting[0] : undefined;
  return waiting
    .slice(0, lonely === -1 ? undefined : lonely)
    .find(({ after }) => after === undefined || !pending.has(after));
};

/**
 * Runs the steps, two at a time, begun in their order, one line each when it is over. After the first that fails no
 * other is begun, and what failed is shown at the end.
 */
export const runSteps = async (steps: readonly Step[], machine: Machine): Promise<boolean> => {
  const width = Math.max(...steps.map(({ name }) => name.length));
  const running = new Map<Step, Promise<void>>();
  const failures: string[] = [];
  const begin = async (step: Step): Promise<void> => {
    const begun = machine.clock();
    const { ok, output } = await attempt(step, machine);
    running.delete(step);
    const seconds = ((machine.clock() - begun) / 1000).toFixed(1).padStart(6);
    machine.print(`${ok ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(width)} ${seconds} s`);
    const unsaid = output.split('\n').find((line) => line.startsWith(notChecked));
    if (ok && unsaid !== undefined) machine.print(`        ${unsaid}`);
    if (ok) return;
    failures.push(
      `\n${output.trim()}\n\nThe step "${step.name}" failed; run it alone with: npm run ${step.script}`,
    );
  };
  const waiting = [...steps];
  for (;;) {
    const next = failures.length === 0 ? nextOf(waiting, running) : undefined;
    if (next !== undefined) {
      waiting.splice(waiting.indexOf(next), 1);
      running.set(next, begin(next));
    } else if (running.size > 0) await Promise.race(running.values());
    else break;
  }
  for (const failure of failures) machine.print(failure);
  return failures.length === 0;
};
