import { describe, expect, it } from 'vitest';
import { MESSAGE_TEXT_LENGTH_MAX, parseClusterReady, parseGraphPanelMessage, parseLessonPanelMessage } from '../../src/protocol/index.ts';

const ref = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'web' };
const said = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return error instanceof Error ? `${error.name}: ${error.message}` : error;
  }
};

describe('messages of the graph panel', () => {
  const check = (message: unknown, expected: unknown) => expect(said(() => parseGraphPanelMessage(message))).toEqual(expected);
  it('are taken as they should be', () => {
    for (const message of [{ type: 'ready' }, { type: 'startCluster' }, { type: 'selected', ref }, { type: 'selected', ref: undefined }, { type: 'action', action: 'logs', ref, container: 'a' }, { type: 'problem', message: 'x' }]) check(message, message);
  });
  it('lose fields that nobody knows', () => check({ type: 'action', action: 'delete', ref: { ...ref, evil: 1 }, more: 2 }, { type: 'action', action: 'delete', ref }));
  it('of other shapes are refused', () => {
    check(null, 'ProtocolError: a message must be an object');
    check('ready', 'ProtocolError: a message must be an object');
    check({ type: 'eval' }, 'ProtocolError: unknown message "eval"');
    check({ type: 'action', action: 'run', ref }, 'ProtocolError: unknown action "run"');
    check({ type: 'action', action: 'logs', ref: { ...ref, name: 5 } }, 'ProtocolError: name must be a string');
    check({ type: 'problem', message: 'x'.repeat(MESSAGE_TEXT_LENGTH_MAX + 1) }, `ProtocolError: message must have at most ${MESSAGE_TEXT_LENGTH_MAX} characters`);
  });
});

describe('messages of the lesson panel', () => {
  const check = (message: unknown, expected: unknown) => expect(said(() => parseLessonPanelMessage(message))).toEqual(expected);
  it('are taken as they should be', () => {
    for (const message of [{ type: 'ready' }, { type: 'reset' }, { type: 'runCommand', stepId: 'a', command: 'kubectl get pods' }, { type: 'revealHint', stepId: 'a', count: 2 }, { type: 'openLink', url: 'https://kubernetes.io/' }, { type: 'showObject', ref }]) check(message, message);
  });
  it('of other shapes are refused', () => {
    check({ type: 'openLink', url: 'command:workbench.action.terminal.new' }, 'ProtocolError: url must begin with https://');
    check({ type: 'revealHint', stepId: 'a', count: -1 }, 'ProtocolError: count must be a whole number of 0 or more');
    check({ type: 'runCommand', stepId: 'a' }, 'ProtocolError: command must be a string');
  });
});

describe('the ready line of the cluster host', () => {
  it('is read', () => expect(parseClusterReady('{"ready":true,"server":"https://127.0.0.1:1","kubeconfig":"/k","pid":7}')).toEqual({ ready: true, server: 'https://127.0.0.1:1', kubeconfig: '/k', pid: 7 }));
  it('is refused where it is something else', () => {
    expect(said(() => parseClusterReady('listening'))).toBe('ProtocolError: the cluster host wrote a line that is not JSON');
    expect(said(() => parseClusterReady('{"ready":false}'))).toBe('ProtocolError: the cluster host did not say that it is ready');
  });
});
