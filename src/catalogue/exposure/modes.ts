import { modeCharactersMax } from '../../areas/workspaces/model.ts';
import { type Outcome, ok, refuse } from '../../kernel/errors.ts';
import { repeatable } from '../../kernel/text.ts';

/** The modes that have a name. */
export const presets = ['minimal', 'standard', 'full'] as const;

type Preset = (typeof presets)[number];

/** Which part of the catalogue an agent is shown; everything else is a `tool_search` away. */
export type Mode =
  | { readonly kind: 'preset'; readonly name: Preset }
  | {
      readonly kind: 'custom';
      /** The categories in the order of the catalogue, with commas: two ways to write one mode have one name. */
      readonly name: string;
      readonly categories: ReadonlySet<string>;
    };

/** What a workspace has until another mode is set. */
export const standardMode: Mode = { kind: 'preset', name: 'standard' };

/** By which everything else is reached. Every mode shows them. */
export const entryTools: readonly string[] = ['start', 'tool_search', 'tool_call'];

/**
 * What standard mode shows, in this order, as far as it exists. The list is full: what comes later gets in by taking
 * the place of something.
 */
export const standardTools: readonly string[] = [
  'start',
  'agent_list',
  'task_add',
  'task_list',
  'task_get',
  'task_claim',
  'task_update',
  'task_done',
  'task_release',
  'message_send',
  'inbox',
  'wait',
  'lock_acquire',
  'lock_release',
  'lock_list',
  'approval_request',
  'approval_use',
  'thread_say',
  'thread_read',
  'prime',
  'tool_search',
  'tool_call',
];

/** What all of standard mode may cost. */
export const standardToolsMax = 22;
export const standardBytesMax = 12_000;

const quotedCharactersMax = 40;

/** The mode that a text names: a preset, or categories separated by commas. The refusal lists what there is. */
export const parseMode = (text: string, categories: readonly string[]): Outcome<Mode> => {
  const words = text
    .slice(0, modeCharactersMax + 1)
    .toLowerCase()
    .split(',');
  const wanted = new Set(words.map((word) => word.trim()));
  const preset = presets.find((name) => wanted.has(name) && wanted.size === 1);
  if (preset !== undefined) return ok({ kind: 'preset', name: preset });
  const chosen = categories.filter((category) => wanted.has(category));
  return text.length <= modeCharactersMax && chosen.length === wanted.size
    ? ok({ kind: 'custom', name: chosen.join(','), categories: new Set(chosen) })
    : refuse('invalid_input', `There is no mode ${quoted(text)}. ${modesThere(categories)}`, {
        modes: presets,
        categories,
      });
};

const quoted = (text: string): string => JSON.stringify(repeatable(text, quotedCharactersMax));

const modesThere = (categories: readonly string[]): string =>
  `Give ${presets.join(', ')}, or categories separated by commas: ${categories.join(', ')}.`;
