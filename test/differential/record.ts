import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { parse } from 'yaml';
import { replay, type Target } from './replay.ts';
import { formatScenario, parseScenario } from './scenario.ts';

/** Asks a real server and writes down what it says: `node test/differential/record.ts KUBECONFIG [NAME …]`. */
const [kubeconfig = '', ...names] = process.argv.slice(2);
const folder = new URL('scenarios/', import.meta.url);
const { clusters } = parse(readFileSync(kubeconfig, 'utf8')) as { readonly clusters: readonly { readonly cluster: { readonly server: string } }[] };
const server = new URL(clusters[0]?.cluster.server ?? '');
const target: Target = { host: server.hostname, port: Number(server.port), tls: { rejectUnauthorized: false }, isLate: true };

for (const file of readdirSync(folder).sort()) {
  const name = file.replace(/\.txt$/, '');
  if (names.length > 0 && !names.includes(name)) continue;
  const scenario = parseScenario(readFileSync(new URL(file, folder), 'utf8'));
  const answers = [...await replay(scenario, `differential-${name}`, target, Date.now())];
  const behaviours = scenario.behaviours.map(({ sentence, steps }) => ({ sentence, steps: steps.map((step) => ({ ...step, answer: answers.shift() ?? '' })) }));
  writeFileSync(new URL(file, folder), formatScenario({ behaviours }));
  process.stdout.write(`${name}: ${behaviours.length} behaviours\n`);
}
