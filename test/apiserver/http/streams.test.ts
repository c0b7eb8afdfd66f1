import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { type FakeDoor, openFakeDoor } from './harness.ts';

let door: FakeDoor;
beforeAll(async () => {
  door = await openFakeDoor();
});
afterAll(() => door.server.close());

const EXEC = '/api/v1/namespaces/default/pods/web/exec?stdout=true';

interface Session {
  readonly protocol: string;
  readonly code: number;
  readonly channels: ReadonlyMap<number, Buffer>;
  readonly messages: readonly Buffer[];
}

/** Opens a WebSocket, runs the script once it is open, and collects all until it closes. */
function session(path: string, protocols: readonly string[], script: (webSocket: WebSocket) => void = () => {}): Promise<Session> {
  return new Promise((resolve, reject) => {
    const webSocket = new WebSocket(`wss://127.0.0.1:${door.server.port}${path}`, [...protocols], door.tls() as object);
    const messages: Buffer[] = [];
    webSocket.on('open', () => script(webSocket));
    webSocket.on('message', (data: Buffer) => messages.push(data));
    webSocket.on('error', reject);
    webSocket.on('close', (code) => {
      const parts = new Map<number, Buffer[]>();
      for (const message of messages) {
        const base64 = webSocket.protocol.includes('base64');
        const channel = base64 ? Number(message.toString('latin1', 0, 1)) : message[0] ?? -1;
        const payload = base64 ? Buffer.from(message.toString('latin1', 1), 'base64') : message.subarray(1);
        const known = parts.get(channel);
        if (known === undefined) parts.set(channel, [payload]);
        else known.push(payload);
      }
      const channels = new Map([...parts].map(([channel, list]) => [channel, Buffer.concat(list)]));
      resolve({ protocol: webSocket.protocol, code, channels, messages });
    });
  });
}

const text = (result: Session, channel: number): string | undefined => result.channels.get(channel)?.toString();
const message = (channel: number, payload: string | Uint8Array): Buffer => Buffer.concat([Buffer.from([channel]), Buffer.from(payload as string)]);
const SUCCESS = '{"metadata":{},"status":"Success"}';

describe('exec over WebSocket', () => {
  it('runs a command and ends with its exit code', async () => {
    const result = await session(`${EXEC}&stderr=true&command=both`, ['v5.channel.k8s.io']);
    expect([result.protocol, result.code, text(result, 1), text(result, 2)]).toEqual(['v5.channel.k8s.io', 1000, 'out\n', 'err\n']);
    expect(JSON.parse(text(result, 3) ?? '')).toEqual({
      metadata: {}, status: 'Failure', reason: 'NonZeroExitCode', message: 'command terminated with non-zero exit code: exit status 3',
      details: { causes: [{ reason: 'ExitCode', message: '3' }] },
    });
  });

  it('begins with an empty message on the first writable channel', async () => {
    const result = await session(`${EXEC}&command=echo`, ['v4.channel.k8s.io']);
    expect(result.messages[0]).toEqual(Buffer.from([1]));
    expect(text(result, 3)).toBe(SUCCESS);
  });

  it('half-closes stdin in version 5', async () => {
    const result = await session(`${EXEC}&stdin=true&command=count-stdin`, ['v5.channel.k8s.io', 'v4.channel.k8s.io'], (webSocket) => {
      webSocket.send(message(0, 'x'.repeat(100_000)));
      webSocket.send(message(0, 'y'));
      webSocket.send(Buffer.from([255, 0]));
    });
    expect([text(result, 1), text(result, 3)]).toEqual(['100001\n', SUCCESS]);
  });

  it('speaks base64 and the oldest protocols', async () => {
    for (const protocol of ['v4.base64.channel.k8s.io', 'base64.channel.k8s.io', 'channel.k8s.io']) {
      const result = await session(`${EXEC}&command=echo&command=${encodeURIComponent('a b')}`, [protocol]);
      expect([protocol, result.protocol, text(result, 1), text(result, 3)]).toEqual([protocol, protocol, 'ran echo a b\n', protocol.startsWith('v4') ? SUCCESS : undefined]);
    }
    const old = await session(`${EXEC}&command=exit&command=7`, ['channel.k8s.io']);
    expect(text(old, 3)).toBe('command terminated with non-zero exit code: exit status 7');
  });

  it('passes terminal sizes on, and merges stderr into a terminal', async () => {
    door.kubelet.sizes.length = 0;
    const result = await session(`${EXEC}&stdin=true&stderr=true&tty=true&command=cat`, ['v5.channel.k8s.io'], (webSocket) => {
      webSocket.send(message(4, '{"Width":80,"Height":24}'));
      webSocket.send(message(4, 'nonsense}{"Width":'));
      webSocket.send(message(4, '120,"Height":40}\n'));
      webSocket.send(message(0, 'typed'));
      webSocket.send(Buffer.from([255, 0]));
    });
    expect(text(result, 1)).toBe('typed');
    expect(door.kubelet.sizes).toEqual([{ columns: 80, rows: 24 }, { columns: 120, rows: 40 }]);
  });

  it('passes megabytes intact, however slowly they are read', async () => {
    const result = await session(`${EXEC}&command=big&command=8000000`, ['v5.channel.k8s.io'], (webSocket) => {
      webSocket.pause();
      setImmediate(() => webSocket.resume());
    });
    expect([result.channels.get(1)?.length, text(result, 3)]).toEqual([8_000_000, SUCCESS]);
  });

  it('runs many at once and leaves none open', async () => {
    const results = await Promise.all(Array.from({ length: 30 }, (_, index) => session(`${EXEC}&command=echo&command=${index}`, ['v5.channel.k8s.io'])));
    expect(results.map((result) => text(result, 1))).toEqual(results.map((_, index) => `ran echo ${index}\n`));
    expect(door.kubelet.open).toBe(0);
  });

  it('says on the error channel why a command could not be run', async () => {
    const result = await session(`${EXEC}&command=missing`, ['v5.channel.k8s.io']);
    expect(JSON.parse(text(result, 3) ?? '')).toMatchObject({
      status: 'Failure', reason: 'InternalError', code: 500,
      message: 'Internal error occurred: error executing command in container: failed to exec in container: exec: "missing": executable file not found in $PATH',
    });
  });

  it('attaches to the main process', async () => {
    const result = await session('/api/v1/namespaces/default/pods/web/attach?stdin=true&stdout=true', ['v5.channel.k8s.io'], (webSocket) => {
      webSocket.send(message(0, 'hello'));
      webSocket.send(Buffer.from([255, 0]));
    });
    expect([text(result, 1), text(result, 3)]).toEqual(['hello', SUCCESS]);
  });
});

describe('what can\'t be streamed', () => {
  const upgrade = { connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' };
  it.each([
    [`${EXEC}&command=x`, {}, 400, 'Upgrade request required'],
    ['/api/v1/namespaces/default/pods/web/exec?command=x', upgrade, 400, 'you must specify at least 1 of stdin, stdout, stderr'],
    ['/api/v1/namespaces/default/pods/nothing/exec?command=x&stdout=1', upgrade, 404, 'pods "nothing" not found'],
    ['/api/v1/namespaces/default/pods/multi/exec?command=x&stdout=1', upgrade, 400, 'a container name must be specified for pod multi, choose one of: [a waiting gone]'],
    ['/api/v1/namespaces/default/pods/web/exec?command=x&stdout=1&container=z', upgrade, 400, 'container z is not valid for pod web'],
    ['/api/v1/namespaces/default/pods/unscheduled/exec?command=x&stdout=1', upgrade, 400, 'pod unscheduled does not have a host assigned'],
    ['/api/v1/namespaces/default/pods/lost/exec?command=x&stdout=1', upgrade, 500, 'error dialing backend: dial tcp node-down:10250: connect: connection refused'],
    [`${EXEC}&command=x`, { ...upgrade, 'sec-websocket-protocol': 'other' }, 400, 'unable to negotiate protocol: client supports [other], server accepts [v5.channel.k8s.io v4.channel.k8s.io v4.base64.channel.k8s.io channel.k8s.io base64.channel.k8s.io]'],
    [`${EXEC}&command=x`, { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v9.channel.k8s.io' }, 403, 'unable to upgrade: unable to negotiate protocol: client supports [v9.channel.k8s.io], server accepts [v4.channel.k8s.io v3.channel.k8s.io v2.channel.k8s.io channel.k8s.io]'],
    ['/api/v1/namespaces/default/pods/web/portforward', upgrade, 400, 'query parameter "port" is required'],
    ['/api/v1/namespaces/default/pods/web/portforward?ports=0', upgrade, 400, 'port "0" must be > 0'],
  ])('%s', async (path, headers, code, text_) => {
    expect((await door.call('GET', path, { headers })).json()).toMatchObject({ kind: 'Status', code, message: text_ });
  });

  it('answers a kubelet\'s refusal as text before the protocol is switched', async () => {
    const answer = await door.call('GET', '/api/v1/namespaces/default/pods/multi/exec?command=x&stdout=1&container=gone', { headers: upgrade });
    expect([answer.code, answer.text]).toEqual([404, 'container not found ("gone")']);
  });
});

describe('port-forward over channels', () => {
  it('joins two channels to each port, which begin with its number', async () => {
    const PORTS = '/api/v1/namespaces/default/pods/web/portforward?ports=7&ports=80';
    let got = '';
    const result = await session(PORTS, ['v4.channel.k8s.io'], (webSocket) => {
      webSocket.send(message(0, 'echo me'));
      webSocket.send(message(2, 'GET /x HTTP/1.1\r\n\r\n'));
      webSocket.on('message', (data: Buffer) => {
        got += data.toString('latin1');
        if (got.includes('echo me') && got.includes('you asked')) webSocket.close();
      });
    });
    expect(result.channels.get(0)).toEqual(Buffer.concat([Buffer.from([7, 0]), Buffer.from('echo me')]));
    expect(result.channels.get(1)).toEqual(Buffer.from([7, 0]));
    expect(result.channels.get(2)?.subarray(0, 2)).toEqual(Buffer.from([80, 0]));
    expect(text(result, 2)).toContain('you asked port 80 for GET /x HTTP/1.1\n');
  });

  it('leaves no connection to a pod that says nothing, once the client has gone', async () => {
    await session('/api/v1/namespaces/default/pods/web/portforward?ports=7', ['v4.channel.k8s.io'], (webSocket) => {
      webSocket.on('message', () => webSocket.terminate());
    });
    while (door.kubelet.open > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(door.kubelet.open).toBe(0);
  });

  it('says on the error channel why it can\'t connect', async () => {
    const result = await session('/api/v1/namespaces/default/pods/web/portforward?ports=81', ['v5.channel.k8s.io']);
    expect(result.channels.get(1)?.subarray(2).toString()).toBe(
      'error forwarding port 81 to pod web, uid uid-default/web: failed to connect to localhost:81: connection refused');
    expect(result.code).toBe(1000);
  });
});

describe('logs', () => {
  const LOG = '/api/v1/namespaces/default/pods/web/log';

  it('streams plain text and passes every option on', async () => {
    door.kubelet.logRequests.length = 0;
    const answer = await door.call('GET', `${LOG}?container=c&previous=true&timestamps=true&tailLines=5&sinceSeconds=60&limitBytes=1000`);
    expect([answer.code, answer.headers['content-type'], answer.text]).toEqual([200, 'text/plain', 'log of c\n']);
    expect(door.kubelet.logRequests).toEqual([{
      pod: { namespace: 'default', name: 'web', uid: 'uid-default/web' }, container: 'c',
      options: { follow: false, previous: true, timestamps: true, tailLines: 5, sinceSeconds: 60, limitBytes: 1000 },
    }]);
  });

  it.each([
    ['/api/v1/namespaces/default/pods/multi/log', 400, 'a container name must be specified for pod multi, choose one of: [a waiting gone]'],
    ['/api/v1/namespaces/default/pods/multi/log?container=waiting', 400, 'container "waiting" in pod "multi" is waiting to start: ContainerCreating'],
    [`${LOG}?container=z`, 400, 'container z is not valid for pod web'],
    [`${LOG}?tailLines=-1`, 422, 'PodLogOptions "web" is invalid: tailLines: Invalid value: -1: must be greater than or equal to 0'],
    [`${LOG}?tailLines=many`, 400, 'strconv.ParseInt: parsing "many": invalid syntax'],
    ['/api/v1/namespaces/default/pods/lost/log', 500, 'Get "https://node-down:10250/containerLogs/default/lost/c": dial tcp node-down:10250: connect: connection refused'],
  ])('refuses %s', async (path, code, text_) => {
    expect((await door.call('GET', path)).json()).toMatchObject({ code, message: text_ });
  });

  it('answers nothing for a pod without a node', async () => {
    const answer = await door.call('GET', '/api/v1/namespaces/default/pods/unscheduled/log');
    expect([answer.code, answer.text]).toEqual([200, '']);
  });

  it('stops reading when a follower goes away', async () => {
    const before = door.kubelet.cancelledLogs;
    const result = await session(`${LOG}?follow=true`, ['binary.k8s.io'], (webSocket) => webSocket.on('message', () => webSocket.close()));
    expect(result.messages.map(String)).toEqual(['log of c\n']);
    while (door.kubelet.cancelledLogs === before) await new Promise((resolve) => setImmediate(resolve));
    expect(door.kubelet.cancelledLogs).toBeGreaterThan(before);
  });
});
