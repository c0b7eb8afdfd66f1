import type { CompiledPattern } from '../../api/index.ts';
import { compileRegex, RegexError } from '../../cel/index.ts';

/** A schema's pattern as RE2 has it: no text makes it slow. */
export function compilePattern(pattern: string): CompiledPattern {
  try {
    return compileRegex(pattern);
  } catch (error) {
    if (error instanceof RegexError) return { error: error.message };
    throw error;
  }
}
