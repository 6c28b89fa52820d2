import { styleText } from 'node:util';
import { type Outcome, errorTable, ok, refuse } from '../kernel/errors.ts';
import { minuteMs, secondMs } from '../kernel/instants.ts';
import { printable } from '../kernel/text.ts';
import { writeJson } from '../surfaces/cli/plain.ts';
import type { Terminal } from '../surfaces/cli/terminal.ts';
import type { ServiceLevel, ServiceLevels } from '../surfaces/hub.ts';
import type { Given } from './commands/command.ts';
import { servingHub } from './serving-hub.ts';

/** `signalbox status --health`: how the running hub stands against what it promises; fails when something does not hold. */
export const showServiceLevels = async ({
  configuration,
  terminal,
}: Pick<Given, 'configuration' | 'terminal'>): Promise<Outcome<true>> => {
  const found = await servingHub(configuration.settings, nobodyMeasures);
  if (!found.ok) return found;
  const hub = found.value;
  try {
    const told = await hub.serviceLevels();
    if (!told.ok) return told;
    if (terminal.json) writeJson(terminal, told.value);
    else terminal.out.write(textOf(told.value, terminal));
    if (!told.value.holds) process.exitCode = errorTable.invalid_state.exit;
    return ok(true);
  } finally {
    hub.close();
  }
};

const nobodyMeasures = refuse(
  'invalid_state',
  'No hub serves this data directory, and only a hub measures how it serves. Start one with signalbox serve, work with it, then run signalbox status --health again.',
);

const titles: Readonly<Record<string, string>> = {
  read_p95: 'p95 of reads',
  write_p95: 'p95 of writes',
  error_rate: 'error rate',
  lag: 'lag of followers',
};

const textOf = (
  { holds, window_s: windowS, levels, faults = [] }: ServiceLevels,
  { colour }: Pick<Terminal, 'colour'>,
): string => {
  const paint = (text: string, isGood: boolean): string =>
    colour ? styleText(isGood ? 'green' : 'red', text, { validateStream: false }) : text;
  const rows = levels.map((level) => ({
    level,
    title: printable(titles[level.name] ?? level.name),
    value: level.value === null ? 'nothing yet' : amount(level.value, level),
    target: `at most ${amount(level.target, level)}`,
  }));
  const width = (column: 'title' | 'value' | 'target'): number =>
    Math.max(0, ...rows.map((row) => row[column].length));
  const lines = rows.map(({ level, title, value, target }) => {
    const calls =
      level.calls === undefined ? '' : `  of ${level.calls} ${level.calls === 1 ? 'call' : 'calls'}`;
    const word = paint(level.holds ? 'holds' : 'fails', level.holds);
    return `${word}  ${title.padEnd(width('title'))}  ${value.padStart(width('value'))}  ${target.padEnd(width('target'))}${calls}`.trimEnd();
  });
  lines.push(...faults.map((fault) => `${paint('fails', false)}  ${printable(fault)}`));
  const minutes = (windowS * secondMs) / minuteMs;
  const summary = holds ? 'Everything holds' : 'Not everything holds';
  return `${lines.join('\n')}\n${summary}, over the last ${minutes} minutes.\n`;
};

const digits = 3;

/** `4.14 ms`, `1.2 s`, `0.05 %`. */
const amount = (value: number, { unit }: Pick<ServiceLevel, 'unit'>): string => {
  if (unit === 'part') return `${shortly(value * 100)} %`;
  return value > 0 && value < 1 ? `${shortly(value * secondMs)} ms` : `${shortly(value)} s`;
};

const shortly = (value: number): string => String(Number(value.toPrecision(digits)));
