import type { ImageSpec } from '../image.ts';
import { alpineLayer, busyboxLayer, debianLayer } from './base.ts';

const listening = { exposedPorts: ['8080/tcp'] };

/** Images that tutorials use: small servers, each a program of the lab. */
export const demoImages: readonly ImageSpec[] = [
  {
    names: ['httpd', 'httpd:2.4', 'httpd:2', 'httpd:alpine', 'httpd:2.4-alpine'],
    config: { command: ['httpd-foreground'], workingFolder: '/usr/local/apache2', exposedPorts: ['80/tcp'] },
    layers: [debianLayer, { '/usr/local/bin/httpd-foreground': { program: 'httpd' }, '/usr/local/apache2/htdocs/index.html': '<html><body><h1>It works!</h1></body></html>\n' }],
  },
  { names: ['hashicorp/http-echo', 'hashicorp/http-echo:1.0', 'hashicorp/http-echo:1.0.0', 'hashicorp/http-echo:0.2.3'], config: { entrypoint: ['/http-echo'], exposedPorts: ['5678/tcp'] }, layers: [{ '/http-echo': { program: 'http-echo' } }] },
  ...(['1', '2'] as const).map((version): ImageSpec => ({
    names: [`gcr.io/google-samples/kubernetes-bootcamp:v${version}`, `docker.io/jocatalin/kubernetes-bootcamp:v${version}`],
    config: { command: ['/bin/sh', '-c', 'exec node server.js'], environment: { BOOTCAMP_VERSION: version }, ...listening },
    layers: [debianLayer, { '/usr/local/bin/node': { program: 'bootcamp' }, '/usr/bin/curl': { program: 'curl' } }],
  })),
  ...(['1.0', '2.0'] as const).flatMap((version): ImageSpec[] => [{
    names: [`gcr.io/google-samples/hello-app:${version}`, `us-docker.pkg.dev/google-samples/containers/gke/hello-app:${version}`],
    config: { entrypoint: ['/hello-app'], environment: { HELLO_VERSION: `${version}.0` }, ...listening },
    layers: [{ '/hello-app': { program: 'hello-app' } }],
  }]),
  { names: ['traefik/whoami', 'traefik/whoami:v1.10', 'traefik/whoami:v1.11', 'containous/whoami'], config: { entrypoint: ['/whoami'], exposedPorts: ['80/tcp'] }, layers: [{ '/whoami': { program: 'whoami-server' } }] },
  { names: ['registry.k8s.io/echoserver:1.4', 'registry.k8s.io/echoserver:1.10', 'k8s.gcr.io/echoserver:1.4', 'k8s.gcr.io/echoserver:1.10', 'kicbase/echo-server:1.0'], config: { command: ['/echoserver'], ...listening }, layers: [busyboxLayer, { '/echoserver': { program: 'echoserver' } }] },
  {
    names: ['2.21', '2.33', '2.36', '2.39', '2.40', '2.43', '2.45', '2.47', '2.53'].flatMap((tag) => [`registry.k8s.io/e2e-test-images/agnhost:${tag}`, `k8s.gcr.io/e2e-test-images/agnhost:${tag}`]),
    config: { entrypoint: ['/agnhost'], command: ['pause'] },
    layers: [alpineLayer, { '/agnhost': { program: 'agnhost' }, '/usr/bin/curl': { program: 'curl' } }],
  },
  { names: ['polinux/stress'], config: { command: ['stress'] }, layers: [alpineLayer, { '/usr/local/bin/stress': { program: 'stress' } }] },
  { names: ['perl', 'perl:5', 'perl:5.34', 'perl:5.34.0', 'perl:5.40'], config: { command: ['perl', '-de0'] }, layers: [debianLayer, { '/usr/local/bin/perl': { program: 'perl' } }] },
];
