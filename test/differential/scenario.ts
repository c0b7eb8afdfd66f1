/** A file of transcripts: sentences, each with the requests that show it and their answers. The README has its syntax. */
export interface Scenario {
  readonly behaviours: readonly Behaviour[];
}

/** A sentence and what shows it: one test. */
export interface Behaviour {
  readonly sentence: string;
  readonly steps: readonly Step[];
}

/** One request with its recorded answer, or a handle on a watch. */
export interface Step {
  /** GET, POST …; OPEN, READ and CLOSE for watches. */
  readonly verb: string;
  /** A path; `NAME PATH` for OPEN, `NAME COUNT` for READ, `NAME` for CLOSE. */
  readonly target: string;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  /** As recorded; empty before the first recording. */
  readonly answer: string;
}

const STEP = /^(GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|PROPFIND|OPEN|READ|CLOSE) (.+)$/;
const HEADER = /^([A-Za-z][A-Za-z0-9-]*): (.*)$/;
const RULE = '----';

/** Reads a scenario. Throws where a line is none of its syntax. */
export function parseScenario(text: string): Scenario {
  const behaviours: { sentence: string; steps: Step[] }[] = [];
  const lines = text.split('\n');
  let at = 0;
  const until = (isEnd: (line: string) => boolean): string[] => {
    const taken: string[] = [];
    while (at < lines.length && !isEnd(lines[at] as string)) taken.push(lines[at++] as string);
    return taken;
  };
  while (at < lines.length) {
    const line = lines[at] as string;
    const step = STEP.exec(line);
    if (line === '' || line.startsWith('// ')) at++;
    else if (line.startsWith('# ')) {
      behaviours.push({ sentence: line.slice(2), steps: [] });
      at++;
    } else if (step !== null) {
      at++;
      const headers: [string, string][] = [];
      for (let header = HEADER.exec(lines[at] ?? ''); header !== null; header = HEADER.exec(lines[++at] ?? '')) headers.push([header[1] as string, header[2] as string]);
      const body = until((next) => next === '' || next === RULE || next.startsWith('# ') || STEP.test(next)).join('\n');
      let answer = '';
      if (lines[at] === RULE) {
        at++;
        answer = until((next) => next === '').join('\n');
      }
      behaviours.at(-1)?.steps.push({ verb: step[1] as string, target: step[2] as string, headers, body, answer });
    } else throw new Error(`line ${at + 1} is neither a sentence nor a request: ${line}`);
  }
  return { behaviours };
}

/** The text of a scenario, as parseScenario reads it. */
export function formatScenario({ behaviours }: Scenario): string {
  return behaviours.map(({ sentence, steps }) => [
    `# ${sentence}`,
    ...steps.map(({ verb, target, headers, body, answer }) => [
      `${verb} ${target}`, ...headers.map(([name, value]) => `${name}: ${value}`), ...(body === '' ? [] : [body]), RULE, ...(answer === '' ? [] : [answer]), '',
    ].join('\n')),
  ].join('\n')).join('\n');
}
