import type { ImageSpec } from '../image.ts';
import { alpineLayer, busyboxLayer, debianLayer } from './base.ts';
import { demoImages } from './demo.ts';
import { kubiaImages } from './kubia.ts';
import { nginxImages } from './nginx.ts';

/** All images of the lab's registry. */
export const catalog: readonly ImageSpec[] = [
  ...kubiaImages,
  ...nginxImages,
  ...demoImages,
  {
    names: ['latest', '1', '1.28', '1.28.4', '1.30', '1.31', '1.31.1', '1.32', '1.33', '1.34', '1.35', '1.36', '1.36.1', '1.37', 'stable', 'musl', 'glibc', 'uclibc'].map((tag) => `busybox:${tag}`),
    config: { command: ['sh'] },
    layers: [busyboxLayer],
  },
  { names: ['registry.k8s.io/e2e-test-images/busybox:1.29-4', 'registry.k8s.io/e2e-test-images/busybox:1.36.1-1', 'k8s.gcr.io/busybox', 'registry.k8s.io/busybox', 'gcr.io/google_containers/busybox'], config: { command: ['sh'] }, layers: [busyboxLayer] },
  { names: ['latest', '3', '3.18', '3.19', '3.20', '3.21', '3.22'].map((tag) => `alpine:${tag}`), config: { command: ['/bin/sh'] }, layers: [alpineLayer] },
  { names: ['debian', 'debian:12', 'debian:bookworm', 'debian:stable', 'debian:stable-slim', 'debian:bookworm-slim'], config: { command: ['bash'] }, layers: [debianLayer] },
  { names: ['ubuntu', 'ubuntu:20.04', 'ubuntu:22.04', 'ubuntu:24.04'], config: { command: ['/bin/bash'] }, layers: [debianLayer, { '/etc/os-release': 'PRETTY_NAME="Ubuntu, as simulated by Drydock"\nNAME="Ubuntu"\nID=ubuntu\nID_LIKE=debian\n' }] },
  {
    names: ['curlimages/curl', 'curlimages/curl:8.11.1', 'curlimages/curl:8.12.1', 'curlimages/curl:8.10.1', 'curlimages/curl:7.88.1', 'curlimages/curl:8.5.0'],
    config: { entrypoint: ['/entrypoint.sh'], command: ['curl'], user: 'curl_user' },
    layers: [alpineLayer, { '/usr/bin/curl': { program: 'curl' }, '/entrypoint.sh': { program: 'curl-entrypoint' } }],
  },
  {
    names: ['radial/busyboxplus:curl', 'radial/busyboxplus', 'yauritux/busybox-curl', 'odise/busybox-curl'],
    config: { command: ['/bin/sh'] },
    layers: [busyboxLayer, { '/usr/bin/curl': { program: 'curl' } }],
  },
  {
    names: ['3.1', '3.2', '3.5', '3.6', '3.7', '3.8', '3.9', '3.10', '3.10.1', '3.10.2', 'latest'].flatMap((tag) => [`registry.k8s.io/pause:${tag}`, `k8s.gcr.io/pause:${tag}`, `gcr.io/google_containers/pause:${tag}`]),
    config: { entrypoint: ['/pause'], user: '65535:65535' },
    layers: [{ '/pause': { program: 'pause' } }],
  },
];
