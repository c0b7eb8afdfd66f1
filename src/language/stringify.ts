import { Document, isMap, isScalar, isSeq, type Node, visit } from 'yaml';

/** An object as YAML, as kubectl writes it: two spaces, lists not indented, long texts as block scalars. */
export function stringifyObject(object: unknown): string {
  const document = new Document(object, { version: '1.1', aliasDuplicateObjects: false });
  visit(document, {
    Scalar(_, node) {
      if (typeof node.value === 'string' && node.value.includes('\n')) node.type = 'BLOCK_LITERAL';
    },
    Collection(_, node) {
      if (isEmpty(node)) node.flow = true;
    },
  });
  return document.toString({ lineWidth: 0, indentSeq: false });
}

const isEmpty = (node: Node) => (isMap(node) || isSeq(node)) && node.items.length === 0 && !isScalar(node);
