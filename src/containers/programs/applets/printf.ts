import type { Program } from '../../process/process.ts';
import { decodeEscapes } from '../../shell/lexer.ts';

const roundsMax = 100_000;
const widthMax = 10_000;

/** What printf prints; problem: what it complains about besides. The format is used again until the arguments are used up. */
export function formatPrintf(format: string, args: readonly string[]): { readonly text: string; readonly problem: string | undefined } {
  let text = '';
  let problem: string | undefined;
  let index = 0;
  const next = () => args[index++];
  const number = (given: string | undefined): number => {
    if (given === undefined || given === '') return 0;
    if (/^["']/.test(given)) return given.codePointAt(1) ?? 0;
    const value = Number(given);
    if (Number.isNaN(value)) {
      problem = `${given}: invalid number`;
      return Number.parseInt(given, 10) || 0;
    }
    return value;
  };
  for (let round = 0; round < roundsMax; round++) {
    const before = index;
    let stopped = false;
    text += format.replace(/\\c|\\(?:x[0-9a-fA-F]{1,2}|0?[0-7]{1,3}|u[0-9a-fA-F]{1,4}|[^%])|%([-+ 0#]*)(\*|\d+)?(?:\.(\*|\d+))?([a-zA-Z%])/gs, (whole, flags: string | undefined, width: string | undefined, precision: string | undefined, letter: string | undefined) => {
      if (stopped) return '';
      if (letter === undefined) return decodeEscapes(whole);
      if (letter === '%') return '%';
      const wide = Math.min(widthMax, width === '*' ? number(next()) : Number(width ?? '0'));
      const exact = precision === undefined ? undefined : Math.min(widthMax, precision === '*' ? number(next()) : Number(precision));
      const given = next();
      let value = '';
      switch (letter) {
        case 's': value = given ?? ''; break;
        case 'b': {
          const raw = given ?? '';
          const stop = raw.indexOf('\\c');
          stopped = stop >= 0;
          value = decodeEscapes(stop >= 0 ? raw.slice(0, stop) : raw);
          break;
        }
        case 'q': value = /^[\w@%+=:,./-]+$/.test(given ?? '') ? (given ?? '') : `'${(given ?? '').replaceAll("'", "'\\''")}'`; break;
        case 'c': value = (given ?? '').slice(0, 1); break;
        case 'd': case 'i': case 'u': value = signed(Math.trunc(number(given)), flags ?? ''); break;
        case 'x': value = Math.trunc(number(given)).toString(16); break;
        case 'X': value = Math.trunc(number(given)).toString(16).toUpperCase(); break;
        case 'o': value = Math.trunc(number(given)).toString(8); break;
        case 'f': case 'F': value = signed(number(given), flags ?? '', (absolute) => absolute.toFixed(Math.min(100, exact ?? 6))); break;
        case 'e': case 'E': value = number(given).toExponential(Math.min(100, exact ?? 6)).replace(/e([+-])(\d)$/, 'e$10$2'); break;
        case 'g': case 'G': value = String(Number(number(given).toPrecision(Math.max(1, Math.min(100, exact ?? 6))))); break;
        default:
          problem = `%${letter}: invalid directive`;
          return '';
      }
      if (exact !== undefined && (letter === 's' || letter === 'b')) value = value.slice(0, exact);
      if (exact !== undefined && 'diuxXo'.includes(letter)) value = value.replace(/^(-?)(.*)$/, (_, sign: string, digits: string) => sign + digits.padStart(exact, '0'));
      if (flags?.includes('#') === true && letter === 'x') value = `0x${value}`;
      if (flags?.includes('-') === true) return value.padEnd(wide);
      if (flags?.includes('0') === true && !'sbcq'.includes(letter)) return value.startsWith('-') ? `-${value.slice(1).padStart(wide - 1, '0')}` : value.padStart(wide, '0');
      return value.padStart(wide);
    });
    if (stopped || index >= args.length || index === before) break;
  }
  return { text, problem };
}

function signed(value: number, flags: string, format: (absolute: number) => string = String): string {
  const digits = format(Math.abs(value));
  return value < 0 ? `-${digits}` : flags.includes('+') ? `+${digits}` : flags.includes(' ') ? ` ${digits}` : digits;
}

export const printf: Program = async (process) => {
  const [, format, ...args] = process.args;
  if (format === undefined) return process.complain('printf: usage: printf FORMAT [ARG]...');
  const { text, problem } = formatPrintf(format, args);
  await process.print(text);
  return problem === undefined ? 0 : process.complain(`printf: ${problem}`);
};
