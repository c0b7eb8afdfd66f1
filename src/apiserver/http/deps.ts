import type { ClusterDialer, KubeletConnector } from '../../client/index.ts';
import type { World } from '../../world/index.ts';
import type { ApiServer } from '../server.ts';
import type { ApiDocuments } from './documents.ts';
import type { Auditor } from '../audit/index.ts';
import type { MaxInFlight } from '../flowcontrol/index.ts';
import type { Deadlines } from './deadlines.ts';
import type { Metrics } from './metrics.ts';
import type { HttpOutbound } from './outbound/outbound.ts';
import type { PublishedTokenSigner } from './token-signer.ts';

/** What /version answers; kubectl wants major and minor as whole numbers. Kubernetes: version.Info. */
export interface VersionInfo {
  readonly major: string;
  readonly minor: string;
  readonly gitVersion: string;
  readonly gitCommit: string;
  readonly gitTreeState: string;
  readonly buildDate: string;
  readonly goVersion: string;
  readonly compiler: string;
  readonly platform: string;
}

/** What every handler of the HTTP door works with. */
export interface HttpDeps {
  readonly apiServer: ApiServer;
  readonly world: Pick<World, 'clock' | 'random'>;
  readonly kubelets: KubeletConnector;
  readonly dialer: ClusterDialer;
  /** The way to aggregated servers; undefined: they can't be reached. */
  readonly outbound: HttpOutbound | undefined;
  readonly version: VersionInfo;
  readonly metrics: Metrics;
  readonly deadlines: Deadlines;
  /** Records requests; undefined: nobody wants it. */
  readonly auditor: Auditor | undefined;
  /** The limits where there is no flow control. */
  readonly maxInFlight: MaxInFlight;
  readonly documents: ApiDocuments;
  /** Publishes the key of service account tokens. */
  readonly tokenSigner: PublishedTokenSigner;
}
