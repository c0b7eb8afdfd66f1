import type { ComponentHealth, ResourceDefinition } from '../api/index.ts';
import type { Store } from '../etcd/index.ts';
import type { World } from '../world/index.ts';
import type { AdmissionConfiguration } from './admission/index.ts';
import type { AuthenticationConfiguration, JsonWebSignatures, TokenSigner } from './authentication/index.ts';
import type { AdvertisedAddress } from './bootstrap/index.ts';
import type { Outbound } from './outbound.ts';
import type { SignatureVerifier } from './registry/certificate-hook.ts';
import type { UserInfo } from './server.ts';

/** What an API server is built from: the store, the world, and upstream's flags as far as they are known here. */
export interface ApiServerOptions {
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly store: Store;
  /** All kinds that are served. Default: every built-in one. */
  readonly resources?: readonly ResourceDefinition[];
  /** Where pods reach the API server; what the Service default/kubernetes leads to. */
  readonly address: AdvertisedAddress;
  /** Kubernetes: --service-cluster-ip-range. Default 10.96.0.0/12. */
  readonly serviceRange?: string;
  /** Kubernetes: --admission-control-config-file. */
  readonly admission?: AdmissionConfiguration;
  /** Signs service account tokens; without one there are none. */
  readonly tokenSigner?: TokenSigner;
  /** What tokens are good for where a request does not say. Default: the issuer's name. */
  readonly audiences?: readonly string[];
  /** Bearer tokens that stand for a user. Kubernetes: --token-auth-file. */
  readonly tokens?: ReadonlyMap<string, UserInfo>;
  /** Whose tokens are taken besides. Kubernetes: --authentication-config. Where something is wrong with it, createApiServer throws an Error with upstream's text. */
  readonly authenticationConfiguration?: AuthenticationConfiguration;
  /** Checks the signatures of those tokens. Default: none is good. */
  readonly signatures?: JsonWebSignatures;
  /** How the other components are, for componentstatuses. Default: nobody else is known. */
  readonly components?: () => ReadonlyMap<string, ComponentHealth>;
  /** PEM of the authority that signs client certificates. */
  readonly clientCa?: string;
  /** Checks that certificate requests are signed with their own key. Default: nobody does. */
  readonly verifySignature?: SignatureVerifier;
  /** PEM of the authority that signs the certificate with which this server calls aggregated ones. Kubernetes: --requestheader-client-ca-file. */
  readonly frontProxyCa?: string;
  /** How webhooks and aggregated servers are called. Default: nobody can be reached. */
  readonly outbound?: Outbound;
  /** Kubernetes: --enable-priority-and-fairness. Default true. */
  readonly priorityAndFairness?: boolean;
}
