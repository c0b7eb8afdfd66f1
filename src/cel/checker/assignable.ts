import { type CelType, DYN, isDynOrError, listType, mapType, opaqueType, sameType, typeType } from '../types.ts';

/** What type parameters have turned out to be. Kubernetes: cel-go checker/types.go and mapping.go. */
export class Substitutions {
  private readonly known = new Map<string, CelType>();
  private undo: [string, CelType | undefined][] = [];

  /** True where a value of the second type may stand where the first is wanted; parameters learn from it. */
  assignable(first: CelType, second: CelType): boolean {
    return this.attempt(() => this.fits(first, second));
  }

  assignableAll(first: readonly CelType[], second: readonly CelType[]): boolean {
    return this.attempt(() => this.allFit(first, second));
  }

  /** A type without the parameters that are known; others stay, or become dyn. */
  substitute(type: CelType, unknownToDyn: boolean): CelType {
    const known = this.known.get(type.text);
    if (known !== undefined) return this.substitute(known, unknownToDyn);
    if (type.kind === 'parameter') return unknownToDyn ? DYN : type;
    if (type.parameters.length === 0) return type;
    const parameters = type.parameters.map((parameter) => this.substitute(parameter, unknownToDyn));
    if (parameters.every((parameter, index) => parameter === type.parameters[index])) return type;
    const [one = DYN, two = DYN] = parameters;
    switch (type.kind) {
      case 'list':
        return listType(one);
      case 'map':
        return mapType(one, two);
      case 'type':
        return typeType(one);
      default:
        return opaqueType(type.name, parameters);
    }
  }

  /** Says once and for all what a parameter stands for. */
  bind(parameter: CelType, type: CelType): void {
    this.known.set(parameter.text, type);
  }

  private attempt(test: () => boolean): boolean {
    this.undo = [];
    if (test()) return true;
    for (const [name, before] of this.undo.reverse()) {
      if (before === undefined) this.known.delete(name);
      else this.known.set(name, before);
    }
    return false;
  }

  private add(parameter: CelType, type: CelType): void {
    this.undo.push([parameter.text, this.known.get(parameter.text)]);
    this.known.set(parameter.text, type);
  }

  private fits(first: CelType, second: CelType): boolean {
    if (second.kind === 'parameter') {
      const verdict = this.substitutes(first, second);
      if (verdict.valid) return true;
      if (verdict.known) return false;
    }
    if (first.kind === 'parameter') return this.substitutes(second, first).valid;
    if (isDynOrError(first) || isDynOrError(second)) return true;
    if (first.kind === 'null') return isNullable(second);
    if (second.kind === 'null') return isNullable(first);
    switch (first.kind) {
      case 'type':
        return second.kind === 'type';
      case 'opaque':
      case 'list':
      case 'map':
        return first.kind === second.kind && first.name === second.name && this.allFit(first.parameters, second.parameters);
      default:
        return sameType(first, second);
    }
  }

  private allFit(first: readonly CelType[], second: readonly CelType[]): boolean {
    return first.length === second.length && first.every((type, index) => this.fits(type, second[index] as CelType));
  }

  /** Whether parameter may stand for type, and whether it stood for something already. */
  private substitutes(type: CelType, parameter: CelType): { valid: boolean; known: boolean } {
    if (sameType(type, parameter)) return { valid: true, known: true };
    const known = this.known.get(parameter.text);
    if (known !== undefined) {
      if (sameType(type, known)) return { valid: true, known: true };
      if (!this.fits(type, known)) return { valid: false, known: true };
      const general = mostGeneral(type, known);
      if (!this.occursIn(parameter, general)) this.add(parameter, general);
      return { valid: true, known: true };
    }
    if (this.occursIn(parameter, type)) return { valid: false, known: false };
    this.add(parameter, type);
    return { valid: true, known: false };
  }

  private occursIn(parameter: CelType, type: CelType): boolean {
    if (sameType(parameter, type)) return true;
    if (type.kind === 'parameter') {
      const known = this.known.get(type.text);
      return known !== undefined && this.occursIn(parameter, known);
    }
    return type.parameters.some((inner) => this.occursIn(parameter, inner));
  }
}

/** The one of two types that agree which says less. */
export function mostGeneral(first: CelType, second: CelType): CelType {
  return saysLess(first, second) ? first : second;
}

function saysLess(first: CelType, second: CelType): boolean {
  if (first.kind === 'dyn' || first.kind === 'parameter') return true;
  if (second.kind === 'dyn' || second.kind === 'parameter' || first.kind !== second.kind) return false;
  switch (first.kind) {
    case 'type':
      return true;
    case 'opaque':
      if (first.name !== second.name || first.parameters.length !== second.parameters.length) return false;
      return first.parameters.every((parameter, index) => saysLess(parameter, second.parameters[index] as CelType));
    case 'list':
    case 'map':
      return first.parameters.every((parameter, index) => saysLess(parameter, second.parameters[index] as CelType));
    default:
      return sameType(first, second);
  }
}

function isNullable(type: CelType): boolean {
  return type.kind === 'null' || type.kind === 'opaque' || type.kind === 'object' || type.kind === 'duration' || type.kind === 'timestamp';
}
