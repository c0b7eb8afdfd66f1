type Attributes = Readonly<Record<string, string | boolean | ((event: Event) => void) | undefined>>;

/** Makes an element. `on…` attributes are listeners; true sets an empty attribute, false and undefined none. Text is never read as HTML. */
export function element<K extends keyof HTMLElementTagNameMap>(tag: K, attributes: Attributes, ...children: readonly (Node | string)[]): HTMLElementTagNameMap[K];
export function element(tag: string, attributes: Attributes, ...children: readonly (Node | string)[]): HTMLElement;
export function element(tag: string, attributes: Attributes, ...children: readonly (Node | string)[]): HTMLElement {
  const result = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') result.addEventListener(name.slice(2), value);
    else if (value === true) result.setAttribute(name, '');
    else if (typeof value === 'string') result.setAttribute(name, value);
  }
  result.append(...children);
  return result;
}

/** Adds a style sheet to the page in a way that a strict CSP allows. */
export function addStyles(css: string): void {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(css);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}
