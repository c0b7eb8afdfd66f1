/** Duplicates that are told of. Kubernetes: sigs.k8s.io/json, saveStrictError. */
const DUPLICATES_MAX = 100;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const OPEN_LIST = 0x5b;
const CLOSE_LIST = 0x5d;
const COMMA = 0x2c;

/** An object or list that the scan is in. */
interface Level {
  /** undefined: a list. */
  readonly keys: Set<string> | undefined;
  /** The key or index of the value at hand. */
  at: string | number;
  /** The next string is a key. */
  expectsKey: boolean;
}

/**
 * Paths of fields that a JSON text has twice in one object, e.g. spec.replicas; JSON.parse keeps the last without a word.
 * The text has been parsed: what is no JSON gives nonsense, but no error. One pass, without making values.
 */
export function duplicateFields(text: string): readonly string[] {
  const found = new Set<string>();
  scanKeys(text, (path, isDuplicate) => {
    if (isDuplicate && found.size < DUPLICATES_MAX) found.add(path());
  });
  return [...found];
}

/** What is wrong with fields of a JSON text in the order in which it stands there: those that come twice, and those of the given unknown ones. Kubernetes: sigs.k8s.io/json, strict errors. */
export function strictErrorsInOrder(text: string, unknownFields: readonly string[]): readonly string[] {
  const unknown = new Set(unknownFields);
  const found = new Set<string>();
  scanKeys(text, (path, isDuplicate) => {
    if (found.size >= DUPLICATES_MAX) return;
    const own = path();
    if (unknown.has(own)) found.add(`unknown field ${JSON.stringify(own)}`);
    else if (isDuplicate) found.add(`duplicate field ${JSON.stringify(own)}`);
  });
  return [...found];
}

/** Calls back for every key of every object, in order. */
function scanKeys(text: string, onKey: (path: () => string, isDuplicate: boolean) => void): void {
  const levels: Level[] = [];
  let level: Level | undefined;
  const path = () => pathOf(levels);
  for (let index = 0; index < text.length; index++) {
    switch (text.charCodeAt(index)) {
      case QUOTE: {
        const end = endOfString(text, index);
        if (level?.expectsKey === true && level.keys !== undefined) {
          const key = keyText(text, index, end);
          level.at = key;
          level.expectsKey = false;
          onKey(path, level.keys.has(key));
          level.keys.add(key);
        }
        index = end;
        break;
      }
      case OPEN_OBJECT:
        levels.push(level = { keys: new Set(), at: '', expectsKey: true });
        break;
      case OPEN_LIST:
        levels.push(level = { keys: undefined, at: 0, expectsKey: false });
        break;
      case CLOSE_OBJECT: case CLOSE_LIST:
        levels.pop();
        level = levels.at(-1);
        break;
      case COMMA:
        if (level === undefined) break;
        if (level.keys === undefined) level.at = Number(level.at) + 1;
        else level.expectsKey = true;
        break;
    }
  }
}

/** The index of the closing quote. */
function endOfString(text: string, start: number): number {
  for (let index = start + 1; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index;
    if (code === BACKSLASH) index++;
  }
  return text.length;
}

function keyText(text: string, start: number, end: number): string {
  const raw = text.slice(start + 1, end);
  return raw.includes('\\') ? JSON.parse(text.slice(start, end + 1)) as string : raw;
}

function pathOf(levels: readonly Level[]): string {
  let path = '';
  for (const { at } of levels) path += typeof at === 'number' ? `[${at}]` : path === '' ? at : `.${at}`;
  return path;
}
