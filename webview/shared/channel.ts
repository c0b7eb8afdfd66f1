/** What VS Code gives a webview; may be called once. */
declare function acquireVsCodeApi(): { postMessage(message: unknown): void };

/** The one ordered channel between a panel and the extension. */
export interface Channel<Out> {
  post(message: Out): void;
}

/** Opens the channel. Uncaught errors of the panel go to the extension's log. */
export function openChannel<In, Out>(onMessage: (message: In) => void): Channel<Out | { readonly type: 'problem'; readonly message: string }> {
  const vscode = acquireVsCodeApi();
  const problem = (text: string) => vscode.postMessage({ type: 'problem', message: text.slice(0, 2000) });
  window.addEventListener('error', (event) => problem(`${event.message} (${event.filename}:${event.lineno})`));
  window.addEventListener('unhandledrejection', (event) => problem(String(event.reason)));
  // Only the extension can post here: a webview's window takes messages of its own host alone.
  window.addEventListener('message', (event: MessageEvent<In>) => onMessage(event.data));
  return { post: (message) => vscode.postMessage(message) };
}
