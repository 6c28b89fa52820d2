/** One check of the gate. */
export interface Step {
  readonly name: string;
  /** The script of package.json that does it. */
  readonly script: string;
  /** A file without which the step cannot run, and which must exist. */
  readonly needs?: string;
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
  readonly run: (script: string) => Outcome;
  readonly print: (line: string) => void;
  /** Milliseconds since some fixed moment. */
  readonly clock: () => number;
}

const attempt = ({ script, needs }: Step, machine: Machine): Outcome =>
  needs === undefined || machine.exists(needs)
    ? machine.run(script)
    : { ok: false, output: `${needs} is missing, and without it this step can check nothing.` };

/** Runs the steps in order, one line each, and stops at the first that fails, showing its output. */
export const runSteps = (steps: readonly Step[], machine: Machine): boolean => {
  const width = Math.max(...steps.map(({ name }) => name.length));
  for (const step of steps) {
    const begun = machine.clock();
    const { ok, output } = attempt(step, machine);
    const seconds = ((machine.clock() - begun) / 1000).toFixed(1).padStart(6);
    machine.print(`${ok ? 'ok    ' : 'FAILED'}  ${step.name.padEnd(width)} ${seconds} s`);
    const unsaid = output.split('\n').find((line) => line.startsWith(notChecked));
    if (ok && unsaid !== undefined) machine.print(`        ${unsaid}`);
    if (ok) continue;
    machine.print(
      `\n${output.trim()}\n\nThe step "${step.name}" failed; run it alone with: npm run ${step.script}`,
    );
    return false;
  }
  return true;
};
