/** One measured run: wall-clock and CPU milliseconds from the request to the goal. */
export interface Sample {
  readonly wallMs: number;
  readonly cpuMs: number;
}

/** What a sample program is asked to do: bring up nodes, and where pods is not 0 measure a Deployment of so many to Running. */
export interface Scenario {
  readonly nodes: number;
  readonly pods: number;
}

/** Starts a stopwatch; calling the result stops it. */
export function startStopwatch(): () => Sample {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { wallMs: performance.now() - wall, cpuMs: (user + system) / 1000 };
  };
}

/** The scenario on the command line: `<nodes> <pods>`. */
export function readScenario(): Scenario {
  return { nodes: Number(process.argv[2]), pods: Number(process.argv[3]) };
}

/** A Deployment whose pods do nothing but run. */
export function pauseDeployment(pods: number, image: string) {
  return {
    apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', namespace: 'default' },
    spec: {
      replicas: pods, selector: { matchLabels: { app: 'web' } },
      template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'pause', image }] } },
    },
  };
}

/** Prints the sample as the program's only line, and ends it. */
export function report(sample: Sample): void {
  process.stdout.write(`${JSON.stringify(sample)}\n`, () => process.exit(0));
}
