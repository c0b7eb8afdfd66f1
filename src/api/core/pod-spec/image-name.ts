const component = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*';
const domain = '[a-zA-Z0-9](?:[-a-zA-Z0-9.]*[a-zA-Z0-9])?(?::[0-9]+)?';
const reference = new RegExp(`^(?:${domain}/)?${component}(?:/${component})*(?::[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(?:@[A-Za-z0-9.+_-]+:[0-9a-fA-F]{32,})?$`);

/** True where text names an image as registries understand it: lower-case, with a tag or a digest or neither. */
function isImageReference(text: string): boolean {
  return reference.test(text);
}

/**
 * The tag of an image reference: 'latest' where it has neither tag nor digest, '' where it has only a digest or is no
 * reference at all. Kubernetes: pkg/util/parsers, ParseImageName.
 */
export function imageTag(image: string): string {
  if (!isImageReference(image)) return '';
  const at = image.indexOf('@');
  const named = at < 0 ? image : image.slice(0, at);
  const colon = named.lastIndexOf(':');
  if (colon > named.lastIndexOf('/')) return named.slice(colon + 1);
  return at < 0 ? 'latest' : '';
}

/** Always for :latest, else IfNotPresent. */
export function defaultPullPolicy(image: string): string {
  return imageTag(image) === 'latest' ? 'Always' : 'IfNotPresent';
}
