const types: Readonly<Record<string, string>> = {
  html: 'text/html', htm: 'text/html', css: 'text/css', js: 'application/javascript', mjs: 'application/javascript', json: 'application/json',
  txt: 'text/plain', xml: 'text/xml', svg: 'image/svg+xml', png: 'image/png', jpg: 'image/jpeg', jpeg: 'image/jpeg', gif: 'image/gif',
  ico: 'image/x-icon', webp: 'image/webp', wasm: 'application/wasm', pdf: 'application/pdf', zip: 'application/zip',
};

/** The media type of a file by its ending. nginx: mime.types. */
export function contentType(path: string): string | undefined {
  const dot = path.lastIndexOf('.');
  const ending = dot < 0 ? '' : path.slice(dot + 1).toLowerCase();
  return Object.hasOwn(types, ending) ? types[ending] : undefined;
}
