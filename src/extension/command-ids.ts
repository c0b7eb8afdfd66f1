/** Every command of the extension; package.json names them with titles. */
export const commandIds = [
  'drydock.startCluster', 'drydock.stopCluster', 'drydock.restartCluster', 'drydock.resetCluster', 'drydock.quickMenu',
  'drydock.apply', 'drydock.diff', 'drydock.deleteManifests', 'drydock.showInGraph', 'drydock.openGraph',
  'drydock.openYaml', 'drydock.describe', 'drydock.logs', 'drydock.shell', 'drydock.portForward', 'drydock.stopPortForward', 'drydock.scale', 'drydock.deleteObject',
  'drydock.openTerminal', 'drydock.showLog', 'drydock.showMore', 'drydock.refresh', 'drydock.newManifest', 'drydock.openLesson', 'drydock.resetLesson', 'drydock.copyName',
] as const;

export type CommandId = (typeof commandIds)[number];
