import { isJsonObject, own } from './json-value.ts';

/** Finds the values at a path; none where it leads nowhere. */
export type JsonPath = (root: unknown) => readonly unknown[];

type Step = (values: readonly unknown[], root: unknown) => readonly unknown[];

/** A path such as .spec.replicas or .status.conditions[?(@.type=="Ready")].status; undefined where it is none. Kubernetes: client-go/util/jsonpath. */
export function parseJsonPath(text: string): JsonPath | undefined {
  try {
    const steps = new PathParser(text).steps();
    return (root) => steps.reduce<readonly unknown[]>((values, step) => (values.length === 0 ? values : step(values, root)), [root]);
  } catch (error) {
    if (error instanceof PathError) return undefined;
    throw error;
  }
}

class PathError extends Error {}

class PathParser {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  steps(end = ''): readonly Step[] {
    const steps: Step[] = [];
    while (this.at < this.text.length && (end === '' || !end.includes(this.text[this.at] ?? ''))) {
      if (this.eat('$') || this.eat('@')) continue;
      if (this.eat('..')) steps.push(descend(), ...this.text[this.at] === '[' ? [] : [field(this.name())]);
      else if (this.eat('[')) steps.push(this.bracket());
      else if (this.eat('.')) {
        if (this.at >= this.text.length || this.text[this.at] === '[') continue;
        steps.push(this.eat('*') ? everything() : field(this.name()));
      } else if (steps.length === 0) steps.push(field(this.name()));
      else throw new PathError();
    }
    return steps;
  }

  private eat(token: string): boolean {
    if (!this.text.startsWith(token, this.at)) return false;
    this.at += token.length;
    return true;
  }

  /** A field's name: a backslash takes what follows as it is. */
  private name(): string {
    const found = /^(?:\\.|[^\\.[\]()'"=<>!&|\s{}])+/s.exec(this.text.slice(this.at))?.[0];
    if (found === undefined) throw new PathError();
    this.at += found.length;
    return found.replace(/\\(.)/gs, '$1');
  }

  private bracket(): Step {
    if (this.eat('?(')) return this.filter();
    const end = this.closing();
    const inner = this.text.slice(this.at, end).trim();
    this.at = end + 1;
    if (inner === '*') return everything();
    const quoted = inner.match(/'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"/gs);
    if (quoted !== null && quoted.join(',') === inner.replace(/\s*,\s*/g, ',')) return union(quoted.map((name) => field(unquoted(name))));
    const slices = inner.split(',').map((part) => slice(part.trim()));
    return union(slices);
  }

  private closing(): number {
    let quote = '';
    for (let index = this.at; index < this.text.length; index++) {
      const character = this.text[index] ?? '';
      if (character === '\\') index++;
      else if (quote !== '') quote = character === quote ? '' : quote;
      else if (character === '"' || character === "'") quote = character;
      else if (character === ']') return index;
    }
    throw new PathError();
  }

  private filter(): Step {
    const left = this.operand();
    this.space();
    const operator = /^(?:==|!=|<=|>=|<|>)/.exec(this.text.slice(this.at))?.[0];
    if (operator === undefined) {
      this.close();
      return select((item, root) => left(item, root).length > 0);
    }
    this.at += operator.length;
    const right = this.operand();
    this.close();
    return select((item, root) => {
      const [a] = left(item, root);
      const [b] = right(item, root);
      return a !== undefined && b !== undefined && compare(a, b, operator);
    });
  }

  private close(): void {
    this.space();
    if (!this.eat(')]')) throw new PathError();
  }

  private space(): void {
    while (this.text[this.at] === ' ') this.at++;
  }

  private operand(): (item: unknown, root: unknown) => readonly unknown[] {
    this.space();
    const rest = this.text.slice(this.at);
    const literal = /^(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")/s.exec(rest);
    if (literal !== null) {
      this.at += literal[0].length;
      const value = unquoted(literal[0]);
      return () => [value];
    }
    const constant = /^(?:-?\d+(?:\.\d+)?|true|false)(?=[\s)])/.exec(rest);
    if (constant !== null) {
      this.at += constant[0].length;
      const value: unknown = JSON.parse(constant[0]);
      return () => [value];
    }
    const fromRoot = rest.startsWith('$');
    const steps = this.steps(' )=<>!');
    return (item, root) => steps.reduce<readonly unknown[]>((values, step) => step(values, root), [fromRoot ? root : item]);
  }
}

function unquoted(text: string): string {
  return text.slice(1, -1).replace(/\\(.)/gs, '$1');
}

function compare(a: unknown, b: unknown, operator: string): boolean {
  if (typeof a !== typeof b) return false;
  const [left, right] = [a as string, b as string];
  switch (operator) {
    case '==':
      return left === right;
    case '!=':
      return left !== right;
    case '<':
      return left < right;
    case '>':
      return left > right;
    case '<=':
      return left <= right;
    default:
      return left >= right;
  }
}

function field(name: string): Step {
  return (values) => values.flatMap((value) => {
    const found = isJsonObject(value) ? own(value, name) : undefined;
    return found === undefined ? [] : [found];
  });
}

function everything(): Step {
  return (values) => values.flatMap((value) => (Array.isArray(value) ? value : isJsonObject(value) ? Object.values(value) : []));
}

function descend(): Step {
  const below = (value: unknown): readonly unknown[] => {
    const children = Array.isArray(value) ? value as readonly unknown[] : isJsonObject(value) ? Object.values(value) : [];
    return [value, ...children.flatMap(below)];
  };
  return (values) => values.flatMap(below);
}

function union(steps: readonly Step[]): Step {
  return (values, root) => steps.flatMap((step) => step(values, root));
}

/** n, or from:to:step; negative ones count from the end. */
function slice(text: string): Step {
  const parts = /^(-?\d*)(?:(:)(-?\d*))?(?::(\d*))?$/.exec(text);
  if (parts === null || text === '') throw new PathError();
  const [, from = '', colon, to = '', by = ''] = parts;
  return (values) => values.flatMap((value) => {
    if (!Array.isArray(value)) return [];
    const start = from === '' ? 0 : Number(from) < 0 ? Number(from) + value.length : Number(from);
    if (colon === undefined) return start >= 0 && start < value.length ? [value[start] as unknown] : [];
    const end = to === '' ? value.length : Number(to) < 0 ? Number(to) + value.length : Math.min(Number(to), value.length);
    const step = by === '' ? 1 : Number(by);
    return (value as readonly unknown[]).slice(Math.max(start, 0), Math.max(end, 0)).filter((_, index) => step > 0 && index % step === 0);
  });
}

function select(keeps: (item: unknown, root: unknown) => boolean): Step {
  return (values, root) => values.flatMap((value) => (Array.isArray(value) ? value as readonly unknown[] : isJsonObject(value) ? Object.values(value) : []).filter((item) => keeps(item, root)));
}
