/** One YAML document of a file, by offsets into the file's text, without its `---` line. */
export interface Chunk {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * Cuts a file into its documents by the lines that begin with `---`. In YAML such a line ends a document wherever it
 * stands, even inside a block scalar, so no parser is needed and an edit touches one chunk only.
 */
export function splitDocuments(text: string): readonly Chunk[] {
  const chunks: Chunk[] = [];
  const marker = /^---(?=[ \t\r\n]|$)/gm;
  let start = 0;
  for (let match = marker.exec(text); match !== null; match = marker.exec(text)) {
    if (match.index > start || chunks.length > 0) chunks.push({ start, end: match.index, text: text.slice(start, match.index) });
    const lineEnd = text.indexOf('\n', match.index);
    // "--- {a: 1}" and "--- # comment" keep what follows the marker on its line
    start = /^---[ \t]*\r?$/.test(text.slice(match.index, lineEnd < 0 ? text.length : lineEnd))
      ? (lineEnd < 0 ? text.length : lineEnd + 1)
      : match.index + 3;
  }
  chunks.push({ start, end: text.length, text: text.slice(start) });
  return chunks;
}
