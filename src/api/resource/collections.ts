import { duplicate, tooMany, type FieldError } from '../field-error.ts';

type ItemRule<T> = (item: T, path: string) => void;

/** Every item is checked, unless there are too many of them. Kubernetes: resource validation, validateSlice. */
export function validateList<T>(items: readonly T[], countMax: number, path: string, errors: FieldError[], validate: ItemRule<T>): boolean {
  if (items.length > countMax) {
    errors.push(tooMany(path, items.length, countMax));
    return false;
  }
  items.forEach((item, index) => validate(item, `${path}[${index}]`));
  return true;
}

/** A list whose items have different keys. Kubernetes: resource validation, validateSet. */
export function validateSet<T>(
  items: readonly T[], countMax: number, path: string, errors: FieldError[], keyOf: (item: T) => unknown, validate: ItemRule<T>,
): void {
  if (validateList(items, countMax, path, errors, validate)) validateUnique(items, path, errors, keyOf);
}

/** An error for each item whose key has been there before. */
export function validateUnique<T>(items: readonly T[], path: string, errors: FieldError[], keyOf: (item: T) => unknown): void {
  const seen = new Set<string>();
  items.forEach((item, index) => {
    const key = keyOf(item);
    const text = JSON.stringify(key);
    if (seen.has(text)) errors.push(duplicate(`${path}[${index}]`, key));
    seen.add(text);
  });
}

/** Every key and its value. keyLengthMax: longer keys are shortened in paths. Kubernetes: resource validation, validateMap. */
export function validateMap<T>(
  map: Readonly<Record<string, T>>, countMax: number, keyLengthMax: number, path: string, errors: FieldError[],
  validateKey: (key: string, path: string, errors: FieldError[]) => void, validate?: ItemRule<T>,
): void {
  const keys = Object.keys(map);
  if (keys.length > countMax) {
    errors.push(tooMany(path, keys.length, countMax));
    return;
  }
  for (const key of keys) {
    validateKey(key, path, errors);
    validate?.(map[key] as T, `${path}[${shortened(key, keyLengthMax)}]`);
  }
}

function shortened(text: string, lengthMax: number): string {
  if (text.length <= lengthMax) return text;
  const kept = lengthMax - 3;
  return `${text.slice(0, Math.floor((kept + 1) / 2))}...${text.slice(text.length - Math.floor(kept / 2))}`;
}
