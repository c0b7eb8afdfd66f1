/** The tag of an image reference: 'latest' where it has neither tag nor digest, '' where it has only a digest. Kubernetes: pkg/util/parsers, ParseImageName. */
export function imageTag(image: string): string {
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
