import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addQuantities, canonicalQuantity, canonicalTime, compareQuantities, dns1035LabelErrors, dns1123LabelErrors, dns1123SubdomainErrors,
  formatAge, formatDuration, formatMicroTime, formatQuantity, formatTime, generateName, labelValueErrors, parseDuration, parseQuantity, parseTime,
  qualifiedNameErrors, quantityMilliValue, quantityValue, resolveIntOrPercent, subtractQuantities, encodedJson,
} from '../../src/api/index.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

describe('times', () => {
  it('are written in UTC with second precision, and with six digits as MicroTime', () => {
    expect(formatTime(1_767_323_045_999)).toBe('2026-01-02T03:04:05Z');
    expect(formatMicroTime(1_767_323_045_678.25)).toBe('2026-01-02T03:04:05.678250Z');
  });
  it('are read in any zone and refused where they are none', () => {
    expect(parseTime('2026-01-02T05:04:05.5+02:00')).toBe(1_767_323_045_500);
    expect(['2026-02-29T00:00:00Z', '2026-01-02', '2026-13-02T00:00:00Z', '2026-01-02T24:00:00Z', ''].map(parseTime)).toEqual([NaN, NaN, NaN, NaN, NaN]);
    expect(canonicalTime('2026-01-02T05:04:05.123456789+02:00', 'micro')).toBe('2026-01-02T03:04:05.123456Z');
    expect(canonicalTime('2026-01-02T05:04:05.9+02:00', 'time')).toBe('2026-01-02T03:04:05Z');
  });
  it('that were written are read back', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 4_000_000_000 }), (second) => parseTime(formatTime(second * 1000)) === second * 1000));
  });
  it('as ages are shown as kubectl shows them', () => {
    const ages: readonly (readonly [number, string])[] = [
      [-5000, '<invalid>'], [-1500, '0s'], [0, '0s'], [119_000, '119s'], [120_000, '2m'], [312_000, '5m12s'], [15 * minute, '15m'], [3 * hour, '3h'],
      [3 * hour + 20 * minute, '3h20m'], [47 * hour, '47h'], [2 * day + 4 * hour, '2d4h'], [8 * day, '8d'], [400 * day, '400d'], [3 * 365 * day + day, '3y1d'], [9 * 365 * day, '9y'],
    ];
    expect(ages.map(([ms]) => formatAge(ms))).toEqual(ages.map(([, text]) => text));
  });
  it('as durations are those of Go', () => {
    expect([5_400_000, 1500, 300, 0, -90_000].map(formatDuration)).toEqual(['1h30m0s', '1.5s', '300ms', '0s', '-1m30s']);
    expect(['1h30m', '1.5s', '-2m', '0', '5', 'm', '1x'].map(parseDuration)).toEqual([5_400_000, 1500, -120_000, 0, NaN, NaN, NaN]);
  });
});

describe('quantities', () => {
  it('have the canonical form that the API server stores', () => {
    const forms: Readonly<Record<string, string>> = {
      '1000m': '1', '0.5': '500m', '1024Mi': '1Gi', '1.5Gi': '1536Mi', '1e3': '1e3', '5E3': '5e3', '0.1Mi': '104857600m', '100Ki': '100Ki', '1000Ki': '1000Ki',
      '-500m': '-500m', '1500000n': '1500u', '123456789n': '123456789n', '0.0000000001': '1n', '1024': '1024', '1023Ki': '1023Ki', '512': '512', '0Gi': '0', '+2k': '2k',
      '99999999999999999999': '9223372036854775807', '.5': '500m', '5.': '5',
    };
    expect(Object.fromEntries(Object.keys(forms).map((text) => [text, canonicalQuantity(text)]))).toEqual(forms);
  });
  it("are refused with upstream's texts", () => {
    const wrong = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    const texts: Readonly<Record<string, string>> = {
      '': wrong, '1x': wrong, 'abc': wrong, '1 Gi': wrong, '1ki': "unable to parse quantity's suffix", '1mi': "unable to parse quantity's suffix", '.': 'unable to parse numeric part of quantity',
    };
    const messageOf = (text: string): string => {
      try {
        return formatQuantity(parseQuantity(text));
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(Object.fromEntries(Object.keys(texts).map((text) => [text, messageOf(text)]))).toEqual(texts);
  });
  it('round up to whole units and to thousandths', () => {
    expect(['1.1', '100m', '64Mi', '-500m'].map(quantityValue)).toEqual([2, 1, 67_108_864, -1]);
    expect(['1.1', '100m', '1', '1500u'].map(quantityMilliValue)).toEqual([1100, 100, 1000, 2]);
  });
  it('cost nothing where a text has a million digits', () => {
    const start = performance.now();
    expect(canonicalQuantity(`0.${'0'.repeat(1_000_000)}1`)).toBe('1n');
    expect(canonicalQuantity('9'.repeat(1_000_000))).toBe('9223372036854775807');
    expect(performance.now() - start).toBeLessThan(500);
  });

  const texts = fc.tuple(fc.integer({ min: -999_999, max: 999_999 }), fc.constantFrom('n', 'u', 'm', '', 'k', 'M', 'G', 'Ki', 'Mi', 'Gi', 'e3')).map(([number, suffix]) => `${number}${suffix}`);
  it('keep their amount in canonical form, which is its own canonical form', () => {
    fc.assert(fc.property(texts, (text) => {
      const canonical = canonicalQuantity(text);
      expect(parseQuantity(canonical).nanos).toBe(parseQuantity(text).nanos);
      expect(canonicalQuantity(canonical)).toBe(canonical);
    }));
  });
  it('can be added and taken away again', () => {
    fc.assert(fc.property(texts, texts, (a, b) => {
      const sum = addQuantities(parseQuantity(a), parseQuantity(b));
      expect(compareQuantities(subtractQuantities(sum, parseQuantity(b)), parseQuantity(a))).toBe(0);
    }));
  });
});

describe('names', () => {
  it("are refused with upstream's texts", () => {
    expect(dns1123SubdomainErrors('Web_1')).toEqual([
      "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    ]);
    expect(dns1123LabelErrors('a.b')).toEqual(['must not contain dots']);
    expect(dns1123LabelErrors('A')).toEqual([
      "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
    ]);
    expect(dns1035LabelErrors('1a')).toEqual([
      "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character (e.g. 'my-name',  or 'abc-123', regex used for validation is '[a-z]([-a-z0-9]*[a-z0-9])?')",
    ]);
    expect(labelValueErrors('x'.repeat(64))).toEqual(['must be no more than 63 bytes']);
    expect(qualifiedNameErrors('/x')).toEqual(['prefix part must be non-empty']);
    expect(qualifiedNameErrors('a.b/C_d')).toEqual([]);
  });
  it('that the server makes up end in five characters without vowels', () => {
    expect(generateName('web-', () => 0.5)).toBe('web-nnnnn'.replaceAll('n', 'bcdfghjklmnpqrstvwxz2456789'[13] ?? ''));
    expect(generateName('x'.repeat(70), () => 0)).toBe(`${'x'.repeat(58)}bbbbb`);
  });
});

describe('an int or a percentage', () => {
  it('is resolved against a total', () => {
    expect([resolveIntOrPercent(3, 10, 'up'), resolveIntOrPercent('25%', 10, 'up'), resolveIntOrPercent('25%', 10, 'down')]).toEqual([3, 3, 2]);
    expect(() => resolveIntOrPercent('25', 10, 'up')).toThrow('invalid value for IntOrString: invalid type: string is not a percentage');
  });
});

describe('the JSON of an object', () => {
  it('is encoded once', () => {
    const object = { a: 'é' };
    expect(new TextDecoder().decode(encodedJson(object))).toBe('{"a":"é"}');
    expect(encodedJson(object)).toBe(encodedJson(object));
  });
});
