import { ImageError } from '../cri.ts';

/** A Docker image name in its long form. */
export interface ImageReference {
  /** docker.io/library/nginx. */
  readonly repository: string;
  readonly tag: string | undefined;
  /** sha256:… */
  readonly digest: string | undefined;
  /** repository:tag or repository@digest. */
  readonly name: string;
}

// distribution/reference: regexp.go
const domainComponent = /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])$/;
const pathComponent = /^[a-z0-9]+(?:(?:[._]|__|[-]+)[a-z0-9]+)*$/;
const tagPattern = /^[\w][\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** Normalises a name as Docker does: nginx is docker.io/library/nginx:latest. Throws ImageError InvalidName. */
export function parseImageReference(image: string): ImageReference {
  const at = image.indexOf('@');
  const digest = at < 0 ? undefined : image.slice(at + 1);
  const named = at < 0 ? image : image.slice(0, at);
  const slash = named.lastIndexOf('/');
  const colon = named.indexOf(':', slash + 1);
  const tag = colon < 0 ? undefined : named.slice(colon + 1);
  const repository = withDomain(colon < 0 ? named : named.slice(0, colon));
  const [domain = '', ...path] = repository.split('/');
  const [host = '', port] = domain.split(':');
  const isValid =
    image.length > 0 && repository.length <= 255 &&
    host.split('.').every((part) => domainComponent.test(part)) && (port === undefined || /^\d+$/.test(port)) &&
    path.length > 0 && path.every((part) => pathComponent.test(part)) &&
    (tag === undefined || tagPattern.test(tag)) && (digest === undefined || digestPattern.test(digest));
  if (!isValid) throw invalidName(image, repository);
  const finalTag = tag ?? (digest === undefined ? 'latest' : undefined);
  return { repository, tag: finalTag, digest, name: digest === undefined ? `${repository}:${finalTag}` : `${repository}@${digest}` };
}

function withDomain(name: string): string {
  const slash = name.indexOf('/');
  const first = slash < 0 ? '' : name.slice(0, slash);
  const hasDomain = slash >= 0 && (first.includes('.') || first.includes(':') || first === 'localhost' || first.toLowerCase() !== first);
  const domain = hasDomain ? (first === 'index.docker.io' ? 'docker.io' : first) : 'docker.io';
  const path = hasDomain ? name.slice(slash + 1) : name;
  return domain === 'docker.io' && !path.includes('/') ? `docker.io/library/${path}` : `${domain}/${path}`;
}

/** The kubelet's text, around Docker's. Kubernetes: pkg/util/parsers; distribution/reference: ParseNormalizedNamed. */
function invalidName(image: string, repository: string): ImageError {
  const remote = repository.slice(repository.indexOf('/') + 1);
  const isUpper = /[A-Z]/.test(remote) && remote.toLowerCase().split('/').every((part) => pathComponent.test(part));
  return new ImageError('InvalidName', `couldn't parse image name "${image}": invalid reference format${isUpper ? `: repository name (${remote}) must be lowercase` : ''}`);
}
