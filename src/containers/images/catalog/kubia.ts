import type { ImageSpec, Layer } from '../image.ts';
import { debianLayer } from './base.ts';

/** Node.js on Debian: `node` is the Node.js of this machine. */
export const nodeLayer: Layer = { '/usr/local/bin/node': { program: 'node' }, '/usr/local/bin/nodejs': { program: 'node' }, '/usr/bin/curl': { program: 'curl' }, '/usr/bin/wget': { program: 'wget' } };

/** app.js of luksa/kubia, as the course prints it: from Marko Lukša, Kubernetes in Action. */
const kubiaApp = `const http = require('http');
const os = require('os');

console.log("Kubia server starting...");

var handler = function(request, response) {
  console.log("Received request from " + request.connection.remoteAddress);
  response.writeHead(200);
  response.end("You've hit " + os.hostname() + "\\n");
};

var www = http.createServer(handler);
www.listen(8080);
`;

const node7Environment = { NODE_VERSION: '7.10.1' };

export const kubiaImages: readonly ImageSpec[] = [
  {
    names: ['luksa/kubia', 'luksa/kubia:v1'],
    config: { entrypoint: ['node', 'app.js'], environment: node7Environment },
    layers: [debianLayer, nodeLayer, { '/app.js': kubiaApp }],
  },
  {
    names: ['latest', '7', '7.10', '8', '10', '12', '14', '16', '18', '20', '22', '24', 'lts', 'slim', '18-slim', '20-slim', '22-slim', 'alpine', '18-alpine', '20-alpine', '22-alpine'].map((tag) => `node:${tag}`),
    config: { command: ['node'] },
    layers: [debianLayer, nodeLayer],
  },
];
