import { decodeText, encodeText } from '../base/index.ts';
import { type ApiServerOptions, type AuditPolicy, reviveStoredValue } from '../apiserver/index.ts';
import { createCertificateSigner, createOutbound, createTokenSigner, type HttpOutbound, jsonWebSignatures, kubeconfigText, loadOrCreateCertificates, openAuditLog, startHttpServer, verifySignature } from '../apiserver/http/index.ts';
import { openDiskStore, openMemoryStore } from '../etcd/index.ts';
import { type Disk, SocketError, subDisk, type World } from '../world/index.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { VERSION } from './version.ts';

const PORT_FILE = 'port';

export interface HostOptions {
  /** Its disk is the lab's folder. */
  readonly world: World;
  /** False: the state lives in memory; only keys and certificates go to the disk. */
  readonly persistent: boolean;
  readonly port: number;
  readonly nodes: number;
  readonly unknownImages: 'error' | 'placeholder';
  readonly trusted: boolean;
  readonly preloadPath: string;
  /** Where Node.js programs of pods get their files, on the real machine. */
  readonly programsFolder: string;
  readonly log: (line: string) => void;
  /** Who may log in besides. Kubernetes: --token-auth-file, --authentication-config. */
  readonly authentication?: Pick<ApiServerOptions, 'tokens' | 'authenticationConfiguration'>;
  /** What is recorded of requests to the API server, and into which file of the machine. Default: nothing. */
  readonly audit?: { readonly policy: AuditPolicy; readonly file: string };
}

/** A cluster with its door open. */
export interface ClusterHost {
  readonly cluster: Cluster;
  /** https://127.0.0.1:PORT */
  readonly server: string;
  /** The administrator's kubeconfig, as text. */
  readonly kubeconfig: string;
  /** Resolves when all nodes are Ready. */
  readonly ready: Promise<void>;
  stop(): Promise<void>;
}

/** Opens the lab's folder and serves its cluster over HTTPS. Rejects where the folder is in use or damaged, or the port is taken. */
export async function startHost(options: HostOptions): Promise<ClusterHost> {
  const { world } = options;
  const lock = await world.disk.lock();
  try {
    const certificates = await loadOrCreateCertificates(world.disk, 'pki', world);
    const store = options.persistent ? await openDiskStore({ disk: subDisk(world.disk, 'etcd'), revive: reviveStoredValue }) : openMemoryStore();
    let port: number | undefined;
    let outbound: HttpOutbound | undefined;
    const cluster = await startCluster({
      world, store,
      spec: {
        nodes: options.nodes, authorityPem: certificates.authority.certificatePem, tokenSigner: createTokenSigner(certificates.tokenKeyPem), apiPort: () => port, log: options.log,
        certificateSigner: createCertificateSigner(certificates.authority, world), verifySignature,
        ...(options.authentication === undefined ? {} : { authentication: { ...options.authentication, signatures: jsonWebSignatures } }),
        frontProxyCa: certificates.frontProxy.authority.certificatePem,
        outbound: (dialer) => (outbound = createOutbound({ clock: world.clock, dialer, frontProxy: certificates.frontProxy.client })),
        runtime: { unknownImages: options.unknownImages, trusted: options.trusted, processFiles: { preloadPath: options.preloadPath, rootFolder: options.programsFolder } },
      },
    });
    const auditLog = options.audit === undefined ? undefined : openAuditLog(options.audit.file, world.clock, options.log);
    const listen = (wanted: number) => startHttpServer({
      apiServer: cluster.apiServer, world, port: wanted, certificates, kubelets: cluster.kubelets, dialer: cluster.network, version: VERSION,
      ...(outbound === undefined ? {} : { outbound }),
      ...(options.audit === undefined || auditLog === undefined ? {} : { audit: { policy: options.audit.policy, sink: auditLog } }),
    });
    const http = await listenAsBefore(world.disk, options, listen).catch(async (error: unknown) => {
      await auditLog?.close();
      await cluster.stop();
      outbound?.dispose();
      await store.close();
      throw error;
    });
    port = http.port;
    const server = `https://127.0.0.1:${port}`;
    return {
      cluster, server, ready: cluster.ready,
      kubeconfig: kubeconfigText({ server, authorityPem: certificates.authority.certificatePem, client: certificates.admin }),
      async stop() {
        await http.close();
        await auditLog?.close();
        await cluster.stop();
        outbound?.dispose();
        await store.close();
        lock.dispose();
      },
    };
  } catch (error) {
    lock.dispose();
    throw error;
  }
}

/** Where any port will do, takes the one of last time, so that what knows the old address finds the cluster again. */
async function listenAsBefore<T extends { readonly port: number }>(disk: Disk, options: HostOptions, listen: (port: number) => Promise<T>): Promise<T> {
  const remembered = options.port === 0 && options.persistent ? Number(decodeText((await disk.read(PORT_FILE)) ?? new Uint8Array())) || 0 : options.port;
  let http: T;
  try {
    http = await listen(remembered);
  } catch (error) {
    if (options.port !== 0 || !(error instanceof SocketError)) throw error;
    http = await listen(0); // somebody else has taken it in the meantime
  }
  if (options.persistent && http.port !== remembered) await disk.writeAtomic(PORT_FILE, encodeText(String(http.port)));
  return http;
}
