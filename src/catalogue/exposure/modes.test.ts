import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { modeCharactersMax } from '../../areas/workspaces/model.ts';
import { parseMode } from './modes.ts';

const categories = ['agents', 'tasks', 'tools'];

const nameOf = (text: string): string => {
  const mode = parseMode(text, categories);
  return mode.ok ? mode.value.name : mode.code;
};

describe('a mode', () => {
  for (const [text, name] of [
    ['minimal', 'minimal'],
    ['standard', 'standard'],
    ['Full', 'full'],
    ['tasks', 'tasks'],
    ['tools, Agents', 'agents,tools'],
    ['tasks,tasks', 'tasks'],
    ['tools,tasks,agents', 'agents,tasks,tools'],
  ] as const) {
    it(`is ${name} when it is written ${JSON.stringify(text)}`, () => assert.equal(nameOf(text), name));
  }

  for (const text of [
    '',
    ',',
    'tasks,',
    'standart',
    'tasks,locks',
    'full,tasks',
    'standard,standard,x',
    '__proto__',
    'a\u001b[2Jb',
    `tasks,${'x'.repeat(modeCharactersMax)}`,
    `${'tasks,'.repeat(modeCharactersMax)}tasks`,
  ]) {
    it(`is refused, with what there is, when it is written ${JSON.stringify(text.slice(0, 30))}`, () => {
      const mode = parseMode(text, categories);
      assert(!mode.ok);
      assert.equal(mode.code, 'invalid_input');
      assert.match(
        mode.message,
        /^There is no mode ".*"\. Give minimal, standard, full, or categories separated by commas: agents, tasks, tools\.$/,
      );
      assert(mode.message.length < 250);
      assert.match(mode.message, /^[\u0020-\u007e…]+$/);
    });
  }
});
