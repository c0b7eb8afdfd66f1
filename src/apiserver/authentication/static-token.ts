import type { UserInfo } from '../server.ts';

/** The users of a token file by their tokens. Kubernetes: --token-auth-file; tokenfile.NewCSV. Throws Error with upstream's text; name is the file's. */
export function parseTokenFile(text: string, name: string): ReadonlyMap<string, UserInfo> {
  const users = new Map<string, UserInfo>();
  for (const record of parseCsv(text)) {
    const [token = '', userName = '', uid = '', groups] = record;
    if (record.length < 3) throw new Error(`token file '${name}' must have at least 3 columns (token, user name, user uid), found ${record.length}`);
    if (token === '') continue;
    users.set(token, { name: userName, ...(uid === '' ? {} : { uid }), groups: groups === undefined ? [] : groups.split(',') });
  }
  return users;
}

/** Records of comma-separated values; lines without anything are skipped. Go: encoding/csv. */
function parseCsv(text: string): readonly (readonly string[])[] {
  const records: string[][] = [];
  let line = 1;
  let at = 0;
  while (at < text.length) {
    const start = line;
    const record: string[] = [];
    if (text[at] === '\n' || text.startsWith('\r\n', at)) {
      at += text[at] === '\n' ? 1 : 2;
      line++;
      continue;
    }
    for (;;) {
      let field = '';
      if (text[at] === '"') {
        at++;
        for (;;) {
          const quote = text.indexOf('"', at);
          if (quote < 0) throw new Error(unendedQuote(text, start, line + count(text.slice(at, -1), '\n')));
          field += text.slice(at, quote);
          line += count(text.slice(at, quote), '\n');
          at = quote + 1;
          if (text[at] !== '"') break;
          field += '"';
          at++;
        }
        if (at < text.length && text[at] !== ',' && text[at] !== '\n' && !text.startsWith('\r\n', at)) {
          throw new Error(`parse error on line ${line}, column ${columnAt(text, at - 1)}: extraneous or missing " in quoted-field`);
        }
      } else {
        const end = /[,\n]/g;
        end.lastIndex = at;
        const until = end.exec(text)?.index ?? text.length;
        field = text.slice(at, until).replace(/\r$/, (found) => (text[until] === ',' ? found : ''));
        const quote = field.indexOf('"');
        if (quote >= 0) throw new Error(`parse error on line ${line}, column ${columnAt(text, at + quote)}: bare " in non-quoted-field`);
        at = until;
      }
      record.push(field.replaceAll('\r\n', '\n'));
      if (text[at] !== ',') break;
      at++;
    }
    at += text.startsWith('\r\n', at) ? 2 : 1;
    line++;
    records.push(record);
  }
  return records;
}

/** The line break that ends the text is still of its last line. */
function unendedQuote(text: string, start: number, line: number): string {
  const column = text.length - text.lastIndexOf('\n', text.length - 2);
  return `${start === line ? '' : `record on line ${start}; `}parse error on line ${line}, column ${column}: extraneous or missing " in quoted-field`;
}

function count(text: string, part: string): number {
  return text.split(part).length - 1;
}

/** Counted from 1. */
function columnAt(text: string, index: number): number {
  return index - text.lastIndexOf('\n', index - 1);
}
