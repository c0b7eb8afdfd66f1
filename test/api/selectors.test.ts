import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatLabelSelector, parseFieldSelector, parseLabelSelector, requiredValue, selectorOf, selectorOfMap } from '../../src/api/index.ts';

const messageOf = (run: () => unknown): string => {
  try {
    return String(run());
  } catch (error) {
    return (error as Error).message;
  }
};

describe('label selectors', () => {
  it('are read and written as upstream does', () => {
    const texts: Readonly<Record<string, string>> = {
      'a=b,c!=d,e in (x,y),!f': 'a=b,c!=d,e in (x,y),!f', ' z , a == b ': 'a==b,z', 'in in (in,notin)': 'in in (in,notin)', 'a notin (y,x)': 'a notin (x,y)', 'a>5,b<7': 'a>5,b<7', 'x=': 'x=', 'a in (,)': 'a in ()', '': '',
    };
    expect(Object.fromEntries(Object.keys(texts).map((text) => [text, parseLabelSelector(text).toString()]))).toEqual(texts);
  });
  it("are refused with upstream's texts", () => {
    const texts: Readonly<Record<string, string>> = {
      'a in': "unable to parse requirement: found '' expected: '('",
      'a b': "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt",
      'a=b,': "found '', expected: identifier after ','",
      'a=b c': "found 'c', expected: ',' or 'end of string'",
      '!': "unable to parse requirement: found '', expected: identifier",
      '=a': "found '=', expected: !, identifier, or 'end of string'",
      'a in (x y)': "unable to parse requirement: found 'y', expected: ',' or ')'",
      'a>x': "unable to parse requirement: values[0]: Invalid value: \"x\": for 'Gt', 'Lt' operators, the value must be an integer",
      '_a=b': "unable to parse requirement: <nil>: Invalid value: \"_a\": name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
    };
    expect(Object.fromEntries(Object.keys(texts).map((text) => [text, messageOf(() => parseLabelSelector(text))]))).toEqual(texts);
  });
  it('take only own labels for labels', () => {
    expect(parseLabelSelector('constructor').matches({ a: 'b' })).toBe(false);
    expect(parseLabelSelector('!toString').matches({})).toBe(true);
  });
  it('select nothing where absent and everything where empty', () => {
    expect([selectorOf(undefined).matches({}), selectorOf({}).matches(undefined), selectorOfMap(undefined).matches({})]).toEqual([false, true, true]);
  });
  it('of an object are compiled once, and written by key', () => {
    const selector = { matchLabels: { b: '1' }, matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['x'] }, { key: 'c', operator: 'Exists' }] };
    expect(selectorOf(selector)).toBe(selectorOf(selector));
    expect(formatLabelSelector(selector)).toBe('a notin (x),b=1,c');
    expect([selectorOf(selector).matches({ b: '1', c: '' }), selectorOf(selector).matches({ a: 'x', b: '1', c: '' }), selectorOf(selector).matches({ b: '1' })]).toEqual([true, false, false]);
  });

  const key = fc.constantFrom('a', 'b', 'in');
  const value = fc.constantFrom('x', 'y', '1', '');
  const labels = fc.dictionary(key, value);
  it('match what their operators say', () => {
    fc.assert(fc.property(key, value, labels, (k, v, set) => {
      const has = Object.hasOwn(set, k);
      const matches = (text: string): boolean => parseLabelSelector(text).matches(set);
      expect(matches(`${k}=${v}`)).toBe(has && set[k] === v);
      expect(matches(`${k}!=${v}`)).toBe(!(has && set[k] === v));
      expect(matches(`${k} in (x,${v})`)).toBe(has && (set[k] === v || set[k] === 'x'));
      expect(matches(`${k} notin (x,${v})`)).toBe(!(has && (set[k] === v || set[k] === 'x')));
      expect(matches(k)).toBe(has);
      expect(matches(`!${k}`)).toBe(!has);
    }));
  });
  it('of a map match as the same labels written out', () => {
    fc.assert(fc.property(labels, labels, (map, set) => {
      const text = Object.entries(map).map(([k, v]) => `${k}=${v}`).join(',');
      expect(selectorOfMap(map).matches(set)).toBe(parseLabelSelector(text).matches(set));
    }));
  });
});

describe('field selectors', () => {
  it('are read, with escapes, and written', () => {
    const selector = parseFieldSelector('status.phase!=Running,metadata.name==a\\,b\\=c');
    expect(selector.requirements).toEqual([{ field: 'metadata.name', operator: '=', value: 'a,b=c' }, { field: 'status.phase', operator: '!=', value: 'Running' }]);
    expect(selector.toString()).toBe('metadata.name=a\\,b\\=c,status.phase!=Running');
    expect(requiredValue(selector, 'metadata.name')).toBe('a,b=c');
    expect(selector.matches((field) => (field === 'metadata.name' ? 'a,b=c' : 'Pending'))).toBe(true);
  });
  it("are refused with upstream's texts", () => {
    expect(messageOf(() => parseFieldSelector('metadata.name'))).toBe("invalid selector: 'metadata.name'; can't understand 'metadata.name'");
    expect(messageOf(() => parseFieldSelector('a=b=c'))).toBe('invalid field selector: unescaped character in value: =');
  });
});
