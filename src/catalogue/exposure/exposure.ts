import { assert } from '../../kernel/assert.ts';
import { type Role, roleAtLeast } from '../../kernel/entry.ts';
import type { Outcome } from '../../kernel/errors.ts';
import type { Operation } from '../../kernel/operation.ts';
import type { JsonObject } from '../json.ts';
import { type Mode, entryTools, parseMode, presets, standardMode, standardTools } from './modes.ts';
import { toolCallEntry, toolCallName } from './tool-call.ts';
import { type ToolEntry, toolEntry } from './tool-entry.ts';

/** The catalogue, as far as the exposure looks at it: only when something is first asked. */
interface Source {
  readonly operations: () => readonly Operation[];
  readonly inputSchemaOf: (operation: Operation) => JsonObject;
}

/** What a list of tools costs whoever is shown it. */
export interface Cost {
  readonly tools: number;
  /** Of its JSON in UTF-8. */
  readonly bytes: number;
  /** A guess: four bytes a token, which is about what today's models make of JSON in English. */
  readonly tokens: number;
}

interface Table {
  readonly entries: readonly ToolEntry[];
  readonly cost: Cost;
}

const bytesPerToken = 4;

/** Tables kept at once. There are more ways to combine categories than anybody should be able to make a process keep. */
const tablesMax = 64;

/** Decides what an agent is shown: which tools, in which order, and how they read. Nothing else decides it. */
export class Exposure {
  readonly #source: Source;
  readonly #entries = { whole: new Map<string, ToolEntry>(), short: new Map<string, ToolEntry>() };
  readonly #tables = new Map<string, Table>();

  constructor(source: Source) {
    this.#source = source;
  }

  /** In the order of the catalogue. */
  get categories(): readonly string[] {
    return [...new Set(this.#source.operations().map(({ category }) => category))];
  }

  /** The mode that an address, a flag or a call names. */
  parse(text: string): Outcome<Mode> {
    return parseMode(text, this.categories);
  }

  /** The mode that a workspace has by default. One that another version has set, and this one lacks, is standard. */
  defaultMode(set: string | undefined): Mode {
    const parsed = set === undefined ? undefined : this.parse(set);
    return parsed?.ok ? parsed.value : standardMode;
  }

  /** The finished list of a mode, always in the same order, without what the role may not call. */
  tools(mode: Mode, role: Role): readonly ToolEntry[] {
    return this.#table(mode, role).entries;
  }

  cost(mode: Mode, role: Role): Cost {
    return this.#table(mode, role).cost;
  }

  /** Everything that the role may call, shown or not, in the order of the catalogue. */
  allowed(role: Role): readonly Operation[] {
    return this.#source.operations().filter((operation) => roleAtLeast(role, operation.role));
  }

  /** An operation as a tool; its short form lacks the members that few calls need. */
  entryOf(operation: Operation, form: 'whole' | 'short'): ToolEntry {
    const kept = this.#entries[form];
    const known = kept.get(operation.name);
    if (known !== undefined) return known;
    const entry = toolEntry(operation, this.#source.inputSchemaOf(operation), form);
    kept.set(operation.name, entry);
    return entry;
  }

  #table(mode: Mode, role: Role): Table {
    const key = `${role} ${mode.name}`;
    const known = this.#tables.get(key);
    if (known !== undefined) return known;
    const entries = this.#shownIn(mode, role);
    const bytes = Buffer.byteLength(JSON.stringify(entries));
    const cost = { tools: entries.length, bytes, tokens: Math.ceil(bytes / bytesPerToken) };
    const oldest = this.#tables.keys().next();
    if (this.#tables.size >= tablesMax && !oldest.done) this.#tables.delete(oldest.value);
    const table = { entries, cost };
    this.#tables.set(key, table);
    return table;
  }

  #shownIn(mode: Mode, role: Role): readonly ToolEntry[] {
    const allowed = this.allowed(role);
    if (mode.kind === 'custom') {
      const shown = allowed.filter(
        ({ name, category }) => mode.categories.has(category) || entryTools.includes(name),
      );
      return [...shown.map((operation) => this.entryOf(operation, 'whole')), toolCallEntry];
    }
    switch (mode.name) {
      case 'minimal':
        return this.#named(entryTools, allowed);
      case 'standard':
        return this.#named(standardTools, allowed);
      case 'full':
        return [...allowed.map((operation) => this.entryOf(operation, 'whole')), toolCallEntry];
    }
  }

  #named(names: readonly string[], allowed: readonly Operation[]): readonly ToolEntry[] {
    return names.flatMap((name) => {
      if (name === toolCallName) return [toolCallEntry];
      const operation = allowed.find((one) => one.name === name);
      return operation === undefined ? [] : [this.entryOf(operation, 'short')];
    });
  }
}

/** Whether a list of operations can be told apart by names and modes. */
export const assertNames = (operations: readonly Operation[]): void => {
  for (const { name, category } of operations) {
    assert(name !== toolCallName, `${toolCallName} is no operation`);
    assert(!presets.some((preset) => preset === category), `no category is called as the mode ${category}`);
  }
};
