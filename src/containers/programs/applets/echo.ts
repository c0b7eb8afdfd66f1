import type { Program } from '../../process/process.ts';
import type { ShellFlavor } from '../../shell/errors.ts';
import { decodeEscapes } from '../../shell/lexer.ts';

/** What echo prints. dash always reads escapes, ash and bash only with -e. */
export function echoText(args: readonly string[], flavor: ShellFlavor): string {
  let endsLine = true;
  let readsEscapes = flavor === 'dash';
  let index = 0;
  for (; index < args.length; index++) {
    const arg = args[index] as string;
    if (flavor === 'dash' ? arg !== '-n' : !/^-[neE]+$/.test(arg)) break;
    if (arg.includes('n')) endsLine = false;
    if (arg.includes('e')) readsEscapes = true;
    if (arg.includes('E')) readsEscapes = false;
  }
  let text = args.slice(index).join(' ');
  if (readsEscapes) {
    const stop = /(?:^|[^\\])(?:\\\\)*\\c/.exec(text); // \c: nothing after it, not even the line end
    if (stop !== null) return decodeEscapes(text.slice(0, stop.index + stop[0].length - 2));
    text = decodeEscapes(text);
  }
  return endsLine ? `${text}\n` : text;
}

export const echo: Program = async (process) => {
  await process.print(echoText(process.args.slice(1), 'ash'));
  return 0;
};
