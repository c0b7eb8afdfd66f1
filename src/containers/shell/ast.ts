/** A word before expansion: `"$a"b*` has three parts. */
export interface Word {
  readonly parts: readonly WordPart[];
}

export type WordPart =
  | { readonly kind: 'text'; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'parameter'; readonly name: string; readonly quoted: boolean; readonly operation?: ParameterOperation }
  | { readonly kind: 'command'; readonly body: List; readonly quoted: boolean }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly quoted: boolean };

/** What ${name…} does beyond giving the value. */
export type ParameterOperation =
  | { readonly kind: 'length' }
  | { readonly kind: 'default' | 'assign' | 'error' | 'alternative'; readonly onEmpty: boolean; readonly word: Word }
  | { readonly kind: 'remove'; readonly from: 'start' | 'end'; readonly longest: boolean; readonly pattern: Word }
  | { readonly kind: 'replace'; readonly where: 'first' | 'all' | 'start' | 'end'; readonly pattern: Word; readonly replacement: Word }
  | { readonly kind: 'slice'; readonly offset: Word; readonly length: Word | undefined }
  | { readonly kind: 'case'; readonly upper: boolean; readonly all: boolean };

export interface Redirection {
  readonly descriptor: number;
  readonly kind: 'read' | 'write' | 'append' | 'read-write' | 'duplicate-in' | 'duplicate-out' | 'here-document' | 'here-string' | 'write-both' | 'append-both';
  readonly target: Word;
}

export interface Assignment {
  readonly name: string;
  readonly append: boolean;
  readonly value: Word;
}

export type Command =
  | { readonly kind: 'simple'; readonly line: number; readonly assignments: readonly Assignment[]; readonly words: readonly Word[]; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'pipeline'; readonly negated: boolean; readonly commands: readonly Command[] }
  | { readonly kind: 'and-or'; readonly first: Command; readonly rest: readonly { readonly operator: '&&' | '||'; readonly command: Command }[] }
  | { readonly kind: 'subshell' | 'group'; readonly body: List; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'if'; readonly clauses: readonly { readonly condition: List; readonly body: List }[]; readonly otherwise: List | undefined; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'while'; readonly isUntil: boolean; readonly condition: List; readonly body: List; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'for'; readonly name: string; readonly words: readonly Word[] | undefined; readonly body: List; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'for-arithmetic'; readonly initial: Word; readonly condition: Word; readonly update: Word; readonly body: List; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'case'; readonly word: Word; readonly items: readonly CaseItem[]; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'function'; readonly name: string; readonly body: Command }
  | { readonly kind: 'test'; readonly words: readonly Word[]; readonly redirections: readonly Redirection[] }
  | { readonly kind: 'arithmetic'; readonly expression: Word; readonly redirections: readonly Redirection[] };

export interface CaseItem {
  readonly patterns: readonly Word[];
  readonly body: List;
  /** `;&` goes on with the next body. */
  readonly fallsThrough: boolean;
}

/** Commands one after the other. */
export interface List {
  readonly items: readonly { readonly command: Command; readonly isBackground: boolean }[];
}
