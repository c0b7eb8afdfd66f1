import { describe, expect, it } from 'vitest';
import { compileRegex, RegexError } from '../../src/base/index.ts';

function verdict(pattern: string, ...texts: string[]): readonly boolean[] | string {
  try {
    const regex = compileRegex(pattern);
    return texts.map((text) => regex.test(text));
  } catch (error) {
    if (error instanceof RegexError) return error.message;
    throw error;
  }
}

describe('regular expressions are those of RE2', () => {
  it('knows the classes of POSIX, and only those', () => {
    expect(verdict('^[[:alpha:]]+$', 'abc', 'a1')).toEqual([true, false]);
    expect(verdict('^[[:^alpha:]]+$', '12', 'a1')).toEqual([true, false]);
    expect(verdict('^[[:punct:]]+$', '[-`', '/:@{~', 'a')).toEqual([true, true, false]);
    expect(verdict('[[:constructor:]]')).toBe('error parsing regexp: invalid character class range: `[:constructor:]`');
    expect(verdict('[[:__proto__:]]')).toBe('error parsing regexp: invalid character class range: `[:__proto__:]`');
  });

  it('ignores case as Unicode folds it', () => {
    expect(verdict('(?i)^k$', 'K', '\u212a', 'x')).toEqual([true, true, false]);
  });

  it('takes time in proportion to the text where other engines go back and forth', () => {
    expect(verdict('^(a+)+$', `${'a'.repeat(20_000)}b`)).toEqual([false]);
  });

  it('refuses what looks ahead or back, in the words of Go', () => {
    expect(verdict('a(?=b)')).toBe('error parsing regexp: invalid or unsupported Perl syntax: `(?=`');
    expect(verdict('a{1001}')).toBe('error parsing regexp: invalid repeat count: `{1001}`');
  });
});
