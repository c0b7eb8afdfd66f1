import * as vscode from 'vscode';
import { messageOf } from '../base/index.ts';
import { hasReason, type KubernetesObject, StatusError } from '../api/index.ts';
import type { PlacedManifest } from '../language/index.ts';
import type { ApplyProblems } from './apply-problems.ts';
import { ask } from './ask.ts';
import { joinApiVersion, type ServedResource } from './discovery.ts';
import { t } from './l10n.ts';
import type { LanguageService } from './language-service.ts';
import { forEditing } from './live-files.ts';
import type { ClusterSession } from './session.ts';

/** The name under which fields that were applied from the editor are owned. */
export const fieldManager = 'drydock';
/** How long an apply waits for a kind that a CustomResourceDefinition before it brings. */
const newKindMsMax = 5000;

/** A manifest with the text that it is in. */
export interface ManifestInFile {
  readonly uri: vscode.Uri;
  readonly text: string;
  readonly manifest: PlacedManifest;
}

export interface ManifestActions {
  /** Server-side apply in the order of the files. Says what it did; failures become problems on their lines. */
  apply(session: ClusterSession, manifests: readonly ManifestInFile[]): Promise<readonly ApplyOutcome[]>;
  /** Opens what an apply would change, from a dry run. */
  diff(session: ClusterSession, manifest: ManifestInFile): Promise<void>;
  /** Deletes the objects, last first, after asking. */
  remove(session: ClusterSession, manifests: readonly ManifestInFile[]): Promise<void>;
}

export type ApplyOutcome =
  | { readonly name: string; readonly result: 'created' | 'configured' | 'unchanged' }
  | { readonly name: string; readonly result: 'failed'; readonly message: string };

interface Target {
  readonly resource: ServedResource;
  readonly namespace: string | undefined;
  readonly body: KubernetesObject;
  readonly name: string;
}

/** Actions that report refusals to problems and open their texts with showText. */
export function createManifestActions(language: LanguageService, problems: ApplyProblems, showText: (name: string, text: string) => vscode.Uri): ManifestActions {
  const send = (session: ClusterSession, { resource, namespace, body }: Target, options: { readonly force?: boolean; readonly dryRun?: 'All' }): Promise<KubernetesObject> => {
    const place = { group: resource.group, version: resource.version, resource: resource.resource, ...(namespace === undefined ? {} : { namespace }) };
    const query = { fieldManager, fieldValidation: 'Strict' as const, ...options };
    if (body.metadata.name === undefined) return session.transport.request({ verb: 'create', ...place, body, query: { fieldManager, fieldValidation: 'Strict' } }) as Promise<KubernetesObject>;
    return session.transport.request({ verb: 'patch', ...place, name: body.metadata.name, patchType: 'application/apply-patch+yaml', body, query }) as Promise<KubernetesObject>;
  };
  const live = async (session: ClusterSession, { resource, namespace, body }: Target): Promise<KubernetesObject | undefined> => {
    if (body.metadata.name === undefined) return undefined;
    try {
      return await session.client.resource(resource).get({ name: body.metadata.name, ...(namespace === undefined ? {} : { namespace }) });
    } catch (error) {
      if (hasReason(error, 'NotFound')) return undefined;
      throw error;
    }
  };
  const applyOne = async (session: ClusterSession, file: ManifestInFile): Promise<ApplyOutcome> => {
    const fallback = `${file.manifest.header.kind ?? '?'}/${file.manifest.header.name ?? '?'}`;
    try {
      const target = await targetOf(session, file.manifest);
      const before = await live(session, target);
      const after = await sendOrAsk(session, target);
      const result = before === undefined ? 'created' : before.metadata.resourceVersion === after.metadata.resourceVersion ? 'unchanged' : 'configured';
      return { name: target.name, result };
    } catch (error) {
      if (error instanceof vscode.CancellationError) return { name: fallback, result: 'failed', message: t('cancelled') };
      await problems.report(file.uri, file.text, file.manifest.index, error);
      return { name: fallback, result: 'failed', message: messageOf(error) };
    }
  };
  /** Another manager owns fields that the manifest sets: the user decides. */
  const sendOrAsk = async (session: ClusterSession, target: Target): Promise<KubernetesObject> => {
    try {
      return await send(session, target, {});
    } catch (error) {
      if (!isOwnershipConflict(error)) throw error;
      const force = t('Force');
      const choice = await ask({ message: t('Others own fields that {0} sets.', target.name), detail: error.message, choices: [force] });
      if (choice !== force) throw error;
      return send(session, target, { force: true });
    }
  };
  return {
    async apply(session, manifests) {
      for (const uri of new Map(manifests.map((file) => [file.uri.toString(), file.uri])).values()) problems.clear(uri);
      const outcomes: ApplyOutcome[] = [];
      for (const file of manifests) outcomes.push(await applyOne(session, file));
      tellOutcomes(outcomes);
      return outcomes;
    },
    async diff(session, file) {
      try {
        problems.clear(file.uri);
        const target = await targetOf(session, file.manifest);
        const [before, after] = await Promise.all([live(session, target), send(session, target, { dryRun: 'All', force: true })]);
        const left = showText(`${target.name} (${t('in the cluster')}).yaml`, before === undefined ? '' : await language.stringify(forEditing(before)));
        const right = showText(`${target.name} (${t('after apply')}).yaml`, await language.stringify(forEditing(after)));
        await vscode.commands.executeCommand('vscode.diff', left, right, t('{0}: in the cluster ↔ after apply', target.name), { preview: true });
      } catch (error) {
        await problems.report(file.uri, file.text, file.manifest.index, error);
        void vscode.window.showErrorMessage(messageOf(error));
      }
    },
    async remove(session, manifests) {
      const names = manifests.map(({ manifest: { header } }) => `${header.kind ?? '?'} ${header.name ?? '?'}`);
      const yes = t('Delete');
      const message = manifests.length === 1 ? t('Delete {0}?', names[0] ?? '') : t('Delete {0} objects?', manifests.length);
      if (await ask({ message, detail: names.join('\n'), choices: [yes] }) !== yes) return;
      const done: string[] = [];
      for (const { manifest } of manifests.toReversed()) {
        try {
          const { resource, namespace, body, name } = await targetOf(session, manifest);
          await session.client.resource(resource).delete({ name: body.metadata.name ?? '', ...(namespace === undefined ? {} : { namespace }) }, { propagationPolicy: 'Background' });
          done.push(name);
        } catch (error) {
          void vscode.window.showErrorMessage(messageOf(error));
        }
      }
      if (done.length > 0) void vscode.window.showInformationMessage(t('Deleted {0}', done.join(', ')));
    },
  };
}

/** Where a manifest goes. Waits a little for a kind that a CustomResourceDefinition just brought. */
async function targetOf(session: ClusterSession, manifest: PlacedManifest): Promise<Target> {
  const { body, header } = manifest;
  if (body === undefined) throw new Error(manifest.problem ?? t('The YAML does not parse.'));
  const ref = { apiVersion: header.apiVersion ?? '', kind: header.kind ?? '' };
  const resource = await resourceWithin(session, ref, ref.apiVersion.includes('.') ? newKindMsMax : 0);
  const namespace = resource.namespaced ? header.namespace ?? session.credentials.namespace : undefined;
  const group = resource.group === '' ? '' : `.${resource.group}`;
  return { resource: { ...resource, ...(joinApiVersion(resource.group, resource.version) === ref.apiVersion ? {} : { version: resource.version }) }, namespace, body: body as unknown as KubernetesObject, name: `${header.kind?.toLowerCase() ?? '?'}${group}/${header.name ?? header.generateName ?? '?'}` };
}

async function resourceWithin(session: ClusterSession, ref: { readonly apiVersion: string; readonly kind: string }, waitMsMax: number): Promise<ServedResource> {
  const startMs = Date.now();
  for (;;) {
    try {
      return await session.resourceOf(ref);
    } catch (error) {
      if (Date.now() - startMs >= waitMsMax || !await isDefined(session, ref.kind)) throw error;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
}

/** True where a CustomResourceDefinition names the kind, served already or not yet. */
async function isDefined(session: ClusterSession, kind: string): Promise<boolean> {
  const resource = session.discovery.ofGroupKind('apiextensions.k8s.io', 'CustomResourceDefinition');
  if (resource === undefined) return false;
  const { items } = await session.client.resource(resource).list();
  return items.some((definition) => (definition as { readonly spec?: { readonly names?: { readonly kind?: string } } }).spec?.names?.kind === kind);
}

const isOwnershipConflict = (error: unknown): error is StatusError => hasReason(error, 'Conflict') && (error.status.details?.causes ?? []).some((cause) => cause.reason === 'FieldManagerConflict');

function tellOutcomes(outcomes: readonly ApplyOutcome[]): void {
  const lines = outcomes.flatMap((outcome) => (outcome.result === 'failed' ? [] : [`${outcome.name} ${resultText(outcome.result)}`]));
  const failed = outcomes.filter((outcome) => outcome.result === 'failed');
  if (lines.length > 0) void vscode.window.showInformationMessage(lines.length <= 5 ? lines.join(' · ') : t('{0} objects applied', lines.length));
  for (const outcome of failed.slice(0, 3)) void vscode.window.showErrorMessage(`${outcome.name}: ${outcome.message}`);
}

function resultText(result: 'created' | 'configured' | 'unchanged'): string {
  return result === 'created' ? t('created') : result === 'configured' ? t('configured') : t('unchanged');
}
