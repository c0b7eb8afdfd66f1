import { builtInFieldNames, builtInIndex, builtInSchema } from './structure.ts';

/** What the API reference says of the definitions and their fields. */
export interface Descriptions {
  /** '' where there is none. */
  ofDefinition(name: string): string;
  /** '' where there is none. */
  ofField(definition: string, field: string): string;
}

let loaded: Promise<Descriptions> | undefined;

/** Loads the prose, about 370 KB, when somebody first asks for it (OpenAPI, explain, hover). */
export function loadDescriptions(): Promise<Descriptions> {
  loaded ??= import('../generated/descriptions.ts').then(({ DESCRIPTIONS }) => readDescriptions(DESCRIPTIONS));
  return loaded;
}

function readDescriptions(source: string): Descriptions {
  const end = source.indexOf('\n\n');
  const numbers = source.slice(0, end).split('\n');
  const texts = source.slice(end + 2).split('\n');
  const textOf = (number: string | undefined): string => {
    const text = number === undefined ? undefined : texts[Number.parseInt(number, 36)];
    return text === undefined ? '' : (JSON.parse(text) as string);
  };
  const fieldTexts = new Map<string, ReadonlyMap<string, string>>();
  const descriptions: Descriptions = {
    ofDefinition: (name) => textOf(numbers[builtInIndex(name)]?.split(' ', 1)[0]),
    ofField(definition, field) {
      let ofFields = fieldTexts.get(definition);
      if (ofFields === undefined) {
        const own = numbers[builtInIndex(definition)]?.split(' ') ?? [];
        ofFields = new Map(builtInFieldNames(definition).map((name, index) => [name, own[index + 1] ?? '']));
        fieldTexts.set(definition, ofFields);
      }
      const text = textOf(ofFields.get(field));
      if (text !== '') return text;
      // The prose of a field that refers to a definition is the definition's own.
      const { schema } = builtInSchema(definition)?.fields.get(field) ?? {};
      const type = schema?.type === 'list' ? schema.items : schema;
      if (type?.type === 'object' && type.name !== definition) return descriptions.ofDefinition(type.name);
      const embedded = builtInSchema(definition)?.embedded.find(({ schema }) => schema.fields.has(field));
      return embedded === undefined ? '' : descriptions.ofField(embedded.schema.name, field);
    },
  };
  return descriptions;
}
