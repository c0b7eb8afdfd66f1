import type { GraphItem } from '../graph/index.ts';
import type { ObjectRef } from './object-ref.ts';
import type { PanelCluster, PanelInit, PanelManageTrust, PanelProblem, PanelReady, PanelStartCluster } from './panel.ts';
import { parseFields, parseObjectRef, parseOptionalText, parseText, ProtocolError } from './parse.ts';

/** Changes to the set of objects, in the order in which they happened. Batches hold at most GRAPH_BATCH_MAX objects. */
export interface GraphObjects {
  readonly type: 'objects';
  /** True: forget everything first (the first batch, and after the cluster came back). */
  readonly reset: boolean;
  readonly upserted: readonly GraphItem[];
  /** uids. */
  readonly deleted: readonly string[];
  /** True while more batches of the same first load follow; lay out when it turns false. */
  readonly more: boolean;
}

/** Most objects in one message: about 50 kB, whose serialisation takes well under a millisecond of the extension host. */
export const GRAPH_BATCH_MAX = 100;

/** Select and reveal this object; undefined clears the selection. */
export interface GraphSelect {
  readonly type: 'select';
  readonly ref: ObjectRef | undefined;
}

/** Extension → graph panel. */
export type GraphHostMessage = PanelInit | PanelCluster | GraphObjects | GraphSelect;

/** What the user can do with an object from the graph. `details` opens the description. */
const GRAPH_ACTIONS = ['details', 'openYaml', 'logs', 'shell', 'portForward', 'scale', 'delete', 'revealInTree'] as const;
export type GraphAction = (typeof GRAPH_ACTIONS)[number];

export interface GraphDoAction {
  readonly type: 'action';
  readonly action: GraphAction;
  readonly ref: ObjectRef;
  /** For logs and shell, where the user picked one. */
  readonly container?: string;
}

/** The user selected an object in the graph (undefined: nothing). */
export interface GraphSelected {
  readonly type: 'selected';
  readonly ref: ObjectRef | undefined;
}

/** What an empty graph offers to begin with. */
const GRAPH_BEGINNINGS = ['openLesson', 'newManifest'] as const;

export interface GraphBegin {
  readonly type: 'begin';
  readonly with: (typeof GRAPH_BEGINNINGS)[number];
}

/** Graph panel → extension. */
export type GraphPanelMessage = GraphBegin | PanelReady | PanelProblem | PanelStartCluster | PanelManageTrust | GraphDoAction | GraphSelected;

/** The message that a graph panel sent, checked field by field. Throws ProtocolError. */
export function parseGraphPanelMessage(message: unknown): GraphPanelMessage {
  const fields = parseFields(message);
  const type = parseText(fields, 'type');
  switch (type) {
    case 'ready':
    case 'startCluster':
    case 'manageTrust':
      return { type };
    case 'begin': {
      const known = GRAPH_BEGINNINGS.find((beginning) => beginning === fields['with']);
      if (known === undefined) throw new ProtocolError(`unknown beginning ${JSON.stringify(fields['with'])}`);
      return { type, with: known };
    }
    case 'problem':
      return { type, message: parseText(fields, 'message') };
    case 'selected':
      return { type, ref: fields['ref'] === undefined ? undefined : parseObjectRef(fields, 'ref') };
    case 'action': {
      const action = GRAPH_ACTIONS.find((known) => known === fields['action']);
      if (action === undefined) throw new ProtocolError(`unknown action ${JSON.stringify(fields['action'])}`);
      const container = parseOptionalText(fields, 'container');
      return { type, action, ref: parseObjectRef(fields, 'ref'), ...(container === undefined ? {} : { container }) };
    }
    default:
      throw new ProtocolError(`unknown message ${JSON.stringify(type)}`);
  }
}
