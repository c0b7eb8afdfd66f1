import type { ImageSpec, Layer } from '../image.ts';
import { debianLayer } from './base.ts';

/** Node.js on Debian: `node` is the Node.js of this machine. */
const nodeLayer: Layer = { '/usr/local/bin/node': { program: 'node' }, '/usr/local/bin/nodejs': { program: 'node' }, '/usr/bin/curl': { program: 'curl' }, '/usr/bin/wget': { program: 'wget' } };

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

/** The book's later versions: other greetings of the same app. */
function greet(greeting: string): string {
  return kubiaApp.replace("You've hit ", greeting);
}

/** As the book's v3 and kubia-unhealthy: from the sixth request on, an error. */
function failing(complaint: string, greeting: string): string {
  return greet(greeting)
    .replace('var handler', 'var requestCount = 0;\n\nvar handler')
    .replace('  response.writeHead(200);', `  if (++requestCount > 5) {\n    response.writeHead(500);\n    response.end(${JSON.stringify(complaint)} + os.hostname() + "\\n");\n    return;\n  }\n  response.writeHead(200);`);
}

function kubiaVersion(names: readonly string[], app: string): ImageSpec {
  return { names, config: { entrypoint: ['node', 'app.js'], environment: node7Environment }, layers: [debianLayer, nodeLayer, { '/app.js': app }] };
}

const node7Environment = { NODE_VERSION: '7.10.1' };

export const kubiaImages: readonly ImageSpec[] = [
  {
    names: ['luksa/kubia'],
    config: { entrypoint: ['node', 'app.js'], environment: node7Environment },
    layers: [debianLayer, nodeLayer, { '/app.js': kubiaApp }],
  },
  kubiaVersion(['luksa/kubia:v1'], greet('This is v1 running in pod ')),
  kubiaVersion(['luksa/kubia:v2', 'luksa/kubia:v4'], greet('This is v2 running in pod ')),
  kubiaVersion(['luksa/kubia:v3'], failing('Some internal error has occurred! This is pod ', 'This is v3 running in pod ')),
  kubiaVersion(['luksa/kubia-unhealthy'], failing("I'm not well. Please restart me! ", "You've hit ")),
  {
    names: ['latest', '7', '7.10', '8', '10', '12', '14', '16', '18', '20', '22', '24', 'lts', 'slim', '18-slim', '20-slim', '22-slim', 'alpine', '18-alpine', '20-alpine', '22-alpine'].map((tag) => `node:${tag}`),
    config: { command: ['node'] },
    layers: [debianLayer, nodeLayer],
  },
];
