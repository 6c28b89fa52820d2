/** Where a value is, instead of the value itself. */
export type Reference =
  | { readonly kind: 'environment'; readonly name: string }
  | { readonly kind: 'file'; readonly path: string }
  /** A line for the shell. */
  | { readonly kind: 'command'; readonly line: string }
  /** Of an item that 1Password keeps, as its own command line takes it. */
  | { readonly kind: 'one password'; readonly text: string };

const variablePattern = /^\$\{([A-Za-z_][A-Za-z0-9_]*)\}$/;

/** The reference that a text is; undefined when it stands for itself. */
export const referenceIn = (text: string): Reference | undefined => {
  const name = variablePattern.exec(text)?.[1];
  if (name !== undefined) return { kind: 'environment', name };
  if (text.startsWith('file:')) return { kind: 'file', path: text.slice('file:'.length) };
  if (text.startsWith('cmd:')) return { kind: 'command', line: text.slice('cmd:'.length) };
  return text.startsWith('op://') ? { kind: 'one password', text } : undefined;
};

/** The same for editors, as the pattern of a JSON Schema. */
export const referencePattern = String.raw`^(\$\{[A-Za-z_][A-Za-z0-9_]*\}$|file:.|cmd:.|op://.)`;

/** How a reference is said, in words. */
export const referencesInWords = '${NAME}, file:PATH, cmd:COMMAND or op://VAULT/ITEM/FIELD';
