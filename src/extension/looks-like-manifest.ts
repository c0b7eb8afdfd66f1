/** Text looked at before a file counts as something else; a manifest begins with its kind. */
const lengthMax = 16 * 1024;

/** Whether a YAML text is one of Kubernetes' by its looks: it names an apiVersion and a kind at the top level. */
export function looksLikeManifest(text: string): boolean {
  const head = text.slice(0, lengthMax);
  return /^apiVersion:[ \t]*\S/m.test(head) && /^kind:[ \t]*\S/m.test(head);
}
