import { compileRegex, RegexError } from '../../base/index.ts';

/** A compiled pattern, or Go's words for why there is none. */
type CompiledPattern = { test(text: string): boolean } | { readonly error: string };

/** Compiles a schema's pattern. Kubernetes: regexp.Compile. */
export function compilePattern(pattern: string): CompiledPattern {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) return { error: error.message };
    throw error;
  }
}
