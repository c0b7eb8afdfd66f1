/** A pattern is none. The message is Go's. */
export class RegexError extends Error {
  constructor(reason: string, part: string) {
    super(`error parsing regexp: ${reason}: \`${part}\``);
  }
}

/** True for the code points that a place in the pattern takes. */
export type Takes = (codePoint: number) => boolean;

export type Assertion = 'line-start' | 'line-end' | 'text-start' | 'text-end' | 'boundary' | 'no-boundary';

/** A pattern as a tree. */
export type Node =
  | { readonly kind: 'empty' }
  | { readonly kind: 'takes'; readonly takes: Takes }
  | { readonly kind: 'assert'; readonly assertion: Assertion }
  | { readonly kind: 'sequence'; readonly nodes: readonly Node[] }
  | { readonly kind: 'choice'; readonly nodes: readonly Node[] }
  | { readonly kind: 'repeat'; readonly node: Node; readonly min: number; readonly max: number; readonly greedy: boolean };
