/** The display strings of a panel: English text → text in the user's language. A missing key is shown in English. */
export type Strings = Readonly<Record<string, string>>;

/** Where the cluster stands, as every panel shows it. */
export type ClusterState = 'stopped' | 'starting' | 'running' | 'lost' | 'stopping';

/** The first message a panel gets, in answer to its `ready`. */
export interface PanelInit {
  readonly type: 'init';
  readonly language: 'en' | 'ko';
  readonly strings: Strings;
  readonly cluster: ClusterState;
  /** The workspace is not trusted: pods run no programs of this machine. */
  readonly restricted: boolean;
}

/** The cluster came, went or is being restarted. */
export interface PanelCluster {
  readonly type: 'cluster';
  readonly state: ClusterState;
  /** What to tell the user, in their language, where there is more to say than the state. */
  readonly message?: string;
  readonly restricted: boolean;
}

/** A panel's script runs and listens. Nothing is sent to it before. */
export interface PanelReady {
  readonly type: 'ready';
}

/** Something went wrong inside the panel; goes to the Drydock log. */
export interface PanelProblem {
  readonly type: 'problem';
  readonly message: string;
}

/** The user wants the cluster to start, from a panel that shows that it does not run. */
export interface PanelStartCluster {
  readonly type: 'startCluster';
}

/** The user wants to decide about the workspace's trust, from a panel that shows that there is none. */
export interface PanelManageTrust {
  readonly type: 'manageTrust';
}
