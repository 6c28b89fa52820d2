/**
 * A scanner for TypeScript text that is just good enough for the checks in this folder: it tells code from
 * comments, strings, templates and regular expressions. TypeScript 7 offers no compiler API to JavaScript, and a
 * search in the raw text would take a word in a comment for a use of it.
 */

/** A comment or the text of a string (or of one piece of a template), with the offset where it begins. */
export interface Passage {
  readonly at: number;
  readonly text: string;
}

export interface Scan {
  /** The source with every comment, string content and regular expression blanked. Offsets and lines are kept. */
  readonly code: string;
  readonly comments: readonly Passage[];
  /** In order of appearance. `at` is the offset of the opening quote. */
  readonly strings: readonly Passage[];
}

interface Token {
  readonly kind: 'comment' | 'string' | 'regex';
  readonly pattern: RegExp;
}

const tokens: readonly Token[] = [
  { kind: 'comment', pattern: /\/\/[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|^#![^\n]*/y },
  { kind: 'string', pattern: /'(?:[^'\\\n]|\\[\s\S])*'?|"(?:[^"\\\n]|\\[\s\S])*"?/y },
  { kind: 'regex', pattern: /\/(?:[^/\\[\n]|\\[^\n]|\[(?:[^\]\\\n]|\\[^\n])*\])+\/[a-z]*/y },
];

/** A run in which nothing begins or ends; taking it whole keeps the scan fast. */
const plain = /[^'"`/{}#]+/y;

const templatePiece = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*/y;

/** What stands before a slash that begins a regular expression; after anything else it is a division. */
const beforeRegex =
  /(?:^|[(,=:[!&|?{};+\-*%^~<>]|\b(?:return|typeof|case|in|of|void|delete|throw|new|else|do|await|yield))$/;

const matchAt = (pattern: RegExp, source: string, at: number): string | undefined => {
  pattern.lastIndex = at;
  return pattern.exec(source)?.[0];
};

const blank = (text: string): string => text.replace(/[^\n]/g, ' ');

class Scanner {
  readonly comments: Passage[] = [];
  readonly strings: Passage[] = [];
  /** One number for each template we are inside of: the depth of braces in its current `${…}`. */
  private readonly templates: number[] = [];
  private readonly source: string;
  private code = '';

  constructor(source: string) {
    this.source = source;
  }

  run(): Scan {
    while (this.code.length < this.source.length) {
      this.code += matchAt(plain, this.source, this.code.length) ?? '';
      if (!this.takeToken()) this.takeCharacter();
    }
    return { code: this.code, comments: this.comments, strings: this.strings };
  }

  private takeToken(): boolean {
    const at = this.code.length;
    for (const { kind, pattern } of tokens) {
      const text = matchAt(pattern, this.source, at);
      if (text === undefined) continue;
      if (kind === 'regex' && !beforeRegex.test(this.code.trimEnd().slice(-12))) continue;
      if (kind === 'comment') this.comments.push({ at, text });
      if (kind === 'string') this.takeString(at, text);
      else this.code += blank(text);
      return true;
    }
    return false;
  }

  /** The quotes stay visible, so that a search in the code can ask for a string without seeing what is in it. */
  private takeString(at: number, text: string): void {
    const closed = text.length > 1 && text.endsWith(text.charAt(0));
    const inside = closed ? text.slice(1, -1) : text.slice(1);
    this.strings.push({ at, text: inside });
    this.code += text.charAt(0) + blank(inside) + (closed ? text.charAt(0) : '');
  }

  private takeCharacter(): void {
    const character = this.source.charAt(this.code.length);
    const depth = this.templates.at(-1);
    this.code += character;
    if (character === '`') this.takeTemplatePiece();
    else if (character === '{' && depth !== undefined) this.setDepth(depth + 1);
    else if (character === '}' && depth !== undefined) {
      if (depth > 1) this.setDepth(depth - 1);
      else {
        this.templates.pop();
        this.takeTemplatePiece();
      }
    }
  }

  /** Consumes template text up to the closing backtick, or up to `${`, whose code then follows. */
  private takeTemplatePiece(): void {
    const at = this.code.length;
    const text = matchAt(templatePiece, this.source, at) ?? '';
    this.strings.push({ at: at - 1, text });
    this.code += blank(text);
    if (this.source.startsWith('${', this.code.length)) {
      this.code += '${';
      this.templates.push(1);
    } else {
      this.code += this.source.charAt(this.code.length);
    }
  }

  private setDepth(depth: number): void {
    this.templates[this.templates.length - 1] = depth;
  }
}

export const scan = (source: string): Scan => new Scanner(source).run();

/** The number, from 1, of the line that holds the offset. */
export const lineAt = (source: string, offset: number): number => source.slice(0, offset).split('\n').length;

/** Each place in the code (never in a comment or a string) where the pattern, which must be global, matches. */
export const findInCode = (scanned: Scan, pattern: RegExp): readonly Passage[] =>
  [...scanned.code.matchAll(pattern)].map((match) => ({ at: match.index, text: match[0] }));
