import type { Description } from '../../catalogue/description.ts';
import type { ErrorCode, Refusal } from '../../kernel/errors.ts';
import { printable } from '../../kernel/text.ts';
import { inCommands } from './spoken-commands.ts';

/** What to do on the command line, where that is not what the message says for everybody. */
const steps: Readonly<Partial<Record<ErrorCode, string>>> = {
  unknown_operation: 'signalbox help lists all commands.',
  agent_unknown:
    'signalbox start --agent NAME joins under that name; signalbox agent list names those who have.',
  session_required:
    'signalbox start --agent NAME opens one for the command line, whatever sessions the agent has elsewhere; then give the same --agent, or set SIGNALBOX_AGENT.',
  session_ended: 'signalbox start --agent NAME opens a new session; leave --session out.',
  revision_required: 'signalbox task get ID shows the revision; give it as --revision.',
  nothing_free: 'signalbox task claim --wait-ms 55000 waits until something is.',
  storage_full: 'signalbox doctor shows how much room there is.',
  storage_read_only: 'signalbox doctor shows what stands in the way.',
  journal_corrupt: 'signalbox verify names the first bad entry.',
  journal_missing: 'signalbox doctor shows what is missing.',
  upgrade_required: 'signalbox version tells which version this is.',
  other_hub: 'signalbox doctor shows which hub answers; unset SIGNALBOX_URL to use that of this machine.',
};

/** What is true of a call whose fate is not known, because it is remembered until its answer is certain. */
export const sameAgain = 'The same command again does it once, whether or not it was done now.';

export interface Telling {
  /** Whose operations are called by their commands; undefined where none can be named. */
  readonly catalogue: Description | undefined;
  /** Whether something may have been stored all the same. */
  readonly uncertain: boolean;
  /** The members of the input that are flags here. */
  readonly members?: readonly string[];
}

/** Advice for those who come over a protocol; on the command line the next step takes its place. */
const elsewhere = / Call start(?:, and pass on the session it returns[.:]| with agent | to join\.).*$/s;

/** What would be another answer if the call said whose it is. */
const namesAgent = ({ details }: Refusal): string | undefined =>
  details['needs'] === 'agent'
    ? 'Give --agent NAME with the command, or set SIGNALBOX_AGENT for all commands.'
    : undefined;

/** A refusal for a person: what happened, and what to type next. */
export const refusalText = (refusal: Refusal, telling: Telling): string => {
  const { catalogue, uncertain, members = [] } = telling;
  const step = uncertain ? sameAgain : (namesAgent(refusal) ?? steps[refusal.code]);
  const said = printable(refusal.message);
  const message = step === undefined ? said : said.replace(elsewhere, '');
  return [
    `signalbox: ${catalogue === undefined ? message : inCommands(message, catalogue, members)}`,
    ...(step === undefined ? [] : [`  ${step}`]),
    '',
  ].join('\n');
};
