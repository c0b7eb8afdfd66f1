import type { ImageSpec, Layer } from '../image.ts';
import { alpineLayer, debianLayer } from './base.ts';

const files: Layer = {
  '/usr/sbin/nginx': { program: 'nginx' },
  '/usr/share/nginx/html/index.html': `<!DOCTYPE html>
<html>
<head>
<title>Welcome to nginx!</title>
</head>
<body>
<h1>Welcome to nginx!</h1>
<p>If you see this page, the web server in this pod works. It is the lab's own server,
which reads nginx's configuration and writes nginx's log.</p>
</body>
</html>
`,
  '/usr/share/nginx/html/50x.html': '<!DOCTYPE html>\n<html>\n<head>\n<title>Error</title>\n</head>\n<body>\n<h1>An error occurred.</h1>\n</body>\n</html>\n',
  '/etc/nginx/nginx.conf': `user  nginx;
worker_processes  auto;

error_log  /var/log/nginx/error.log notice;
pid        /run/nginx.pid;

events {
    worker_connections  1024;
}

http {
    include       /etc/nginx/mime.types;
    default_type  application/octet-stream;

    access_log  /var/log/nginx/access.log;

    sendfile        on;
    keepalive_timeout  65;

    include /etc/nginx/conf.d/*.conf;
}
`,
  '/etc/nginx/conf.d/default.conf': `server {
    listen       80;
    server_name  localhost;

    location / {
        root   /usr/share/nginx/html;
        index  index.html index.htm;
    }

    error_page   500 502 503 504  /50x.html;
    location = /50x.html {
        root   /usr/share/nginx/html;
    }
}
`,
  '/etc/nginx/mime.types': 'types {\n    text/html html htm;\n}\n',
  '/var/log/nginx/access.log': { link: '/dev/stdout' },
  '/var/log/nginx/error.log': { link: '/dev/stderr' },
};

const withCurl: Layer = { '/usr/bin/curl': { program: 'curl' } };

/** Full versions by the tags that stand for them. */
const versions: readonly (readonly [version: string, tags: readonly string[], isOld: boolean])[] = [
  ['1.7.9', ['1.7.9'], true], ['1.9.1', ['1.9.1', '1.9'], true], ['1.10.3', ['1.10', '1.10.3'], true], ['1.11.13', ['1.11', '1.11.13'], true], ['1.12.2', ['1.12', '1.12.2'], true],
  ['1.13.12', ['1.13', '1.13.12'], true], ['1.14.2', ['1.14', '1.14.2'], true], ['1.15.12', ['1.15', '1.15.12'], true], ['1.16.1', ['1.16', '1.16.1'], true], ['1.16.0', ['1.16.0'], true],
  ['1.17.10', ['1.17', '1.17.10'], true], ['1.18.0', ['1.18', '1.18.0'], true], ['1.19.10', ['1.19', '1.19.10'], false], ['1.20.2', ['1.20', '1.20.2'], false],
  ['1.21.6', ['1.21', '1.21.6'], false], ['1.22.1', ['1.22', '1.22.1'], false], ['1.23.4', ['1.23', '1.23.4'], false], ['1.24.0', ['1.24', '1.24.0'], false],
  ['1.25.5', ['1.25', '1.25.5'], false], ['1.26.3', ['1.26', '1.26.3', 'stable'], false], ['1.27.5', ['1.27', '1.27.5', '1', 'latest', 'mainline'], false], ['1.28.0', ['1.28', '1.28.0'], false],
];

/** nginx: the images before 1.19 have no entrypoint script and are stopped with SIGTERM. */
export const nginxImages: readonly ImageSpec[] = versions.flatMap(([version, tags, isOld]) => {
  const config = {
    entrypoint: isOld ? [] : ['/docker-entrypoint.sh'],
    command: ['nginx', '-g', 'daemon off;'],
    environment: { NGINX_VERSION: version },
    exposedPorts: ['80/tcp'],
    stopSignal: isOld ? 'SIGTERM' : 'SIGQUIT',
  };
  const entrypoint: Layer = isOld ? {} : { '/docker-entrypoint.sh': { program: 'nginx-entrypoint' }, '/docker-entrypoint.d/': '' };
  const alpineTags = tags.map((tag) => (tag === 'latest' ? 'nginx:alpine' : `nginx:${tag}-alpine`));
  return [
    { names: tags.map((tag) => `nginx:${tag}`), config, layers: [debianLayer, withCurl, files, entrypoint] },
    { names: alpineTags, config, layers: [alpineLayer, withCurl, files, entrypoint] },
  ];
});
