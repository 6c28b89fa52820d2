/* The report of all attacks, the same as long as the same things stop them. */
import type { Family } from './attack.ts';

export interface Tried {
  readonly attack: string;
  /** Undefined when nothing stopped it. */
  readonly stoppedBy: string | undefined;
  /** Why it counts as a success. */
  readonly fault: string | undefined;
  readonly ms: number;
}

export interface TriedFamily {
  readonly family: Pick<Family, 'name' | 'aim'>;
  /** What was seen to work, so that refusals prove something. */
  readonly control: Tried;
  readonly attacks: readonly Tried[];
}

export const succeeded = (families: readonly TriedFamily[]): readonly Tried[] =>
  families.flatMap(({ control, attacks }) =>
    [control, ...attacks].filter(({ stoppedBy }) => stoppedBy === undefined),
  );

const cell = (text: string): string =>
  text
    .replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
    .replaceAll('\\', '\\\\')
    .replaceAll('|', '\\|')
    .replaceAll('<', '&lt;');

const rowOf = ({ attack, stoppedBy, fault }: Tried): string =>
  `| ${cell(attack)} | ${stoppedBy === undefined ? `**succeeded**: ${cell(fault ?? '')}` : cell(stoppedBy)} |`;

export const reportOf = (families: readonly TriedFamily[]): string => {
  const count = families.reduce((sum, { attacks }) => sum + attacks.length, 0);
  const open = succeeded(families).length;
  return [
    '# What attacks were tried, and what stopped each',
    '',
    '<!-- Written by `npm run attack`. Change what it is made from instead. -->',
    '',
    `${count} attacks in ${families.length} families on hubs that ask who calls; ${open === 0 ? 'none' : open} succeeded. Each family begins with a request that differs from its attacks`,
    'only in what is evil about them, and succeeds. The same attacks are tests of the suite.',
    '',
    '`--data-dir`, `--config` and other paths on the command line are the choice of the person who types them, with the rights of that person: no attack.',
    ...families.flatMap(({ family, control, attacks }) => [
      '',
      `## ${family.name}`,
      '',
      `The aim: ${family.aim}`,
      '',
      '| Attack | Stopped by |',
      '| --- | --- |',
      `| *control: ${cell(control.attack)}* | *${cell(control.stoppedBy ?? `did not work: ${control.fault}`)}* |`,
      ...attacks.map(rowOf),
    ]),
    '',
  ].join('\n');
};
