import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundles } from '../../scripts/build.ts';
import { root } from '../../scripts/root.ts';
import { readSourceFiles, type SourceFile } from './source-files.ts';

/** Who may import whom. A folder may always import itself. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  world: ['base'],
  api: ['base'],
  etcd: ['base', 'world'],
  client: ['api', 'base', 'world'],
  cel: ['api', 'base'],
  apiserver: ['etcd', 'api', 'base', 'world', 'client', 'cel'],
  controllers: ['client', 'api', 'base', 'world', 'cel'],
  scheduler: ['client', 'api', 'base', 'world'],
  network: ['client', 'api', 'base', 'world'],
  containers: ['base', 'world', 'network'],
  kubelet: ['client', 'api', 'base', 'world', 'containers', 'network'],
  cluster: ['apiserver', 'etcd', 'api', 'base', 'world', 'client', 'controllers', 'scheduler', 'network', 'containers', 'kubelet'],
  cli: ['cluster', 'world', 'base', 'api', 'client', 'etcd', 'apiserver'],
  language: ['api', 'base', 'client'],
  graph: ['api', 'base', 'client'],
  lessons: ['api', 'base', 'client'],
  protocol: ['graph', 'api', 'base'],
  extension: ['language', 'graph', 'lessons', 'protocol', 'client', 'api', 'base', 'world'],
  webview: ['protocol', 'graph', 'base'],
};

/** Folders that may use Node's own modules. */
const MAY_USE_NODE = [
  'src/world/real/', 'src/apiserver/http/', 'src/containers/process/', 'src/cli/', 'src/extension/', 'src/language/server.ts', 'test/', 'scripts/',
];

/** Calls that only one folder may make, each with what to use instead. */
const BANNED: readonly { readonly call: RegExp; readonly allowed: readonly string[]; readonly instead: string }[] = [
  { call: /\bDate\.now\(|\bnew Date\(\)/, allowed: ['src/world/', 'src/extension/', 'webview/', 'src/containers/process/'], instead: 'world.clock.nowMs()' },
  { call: /\b(setTimeout|setInterval|setImmediate)\(/, allowed: ['src/world/', 'src/cli/', 'src/extension/', 'webview/', 'src/containers/process/', 'src/language/server.ts'], instead: 'world.clock.schedule()' },
  { call: /\bMath\.random\(/, allowed: ['src/world/', 'webview/'], instead: 'world.random' },
  { call: /\bstructuredClone\(|JSON\.parse\(JSON\.stringify\(/, allowed: [], instead: 'sharing the frozen object' },
  { call: /\bas any\b|: any\b|<any>/, allowed: [], instead: 'unknown, narrowed at the door' },
  { call: /^\s*(export\s+)?(const\s+)?enum\s/m, allowed: [], instead: 'a union of strings' },
  { call: /^export default\b/m, allowed: ['vitest.config.ts'], instead: 'a named export' },
  { call: /@ts-(ignore|nocheck|expect-error)/, allowed: ['test/'], instead: 'types that hold' },
];

const sources = readSourceFiles('src', 'webview');
const folderOf = (file: string): string => (file.startsWith('webview/') ? 'webview' : (file.split('/')[1] as string));

describe('the code keeps to its own rules', () => {
  it('imports only in the directions of the table', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { target } of source.imports) {
        if (target === undefined || target.endsWith('.json') || target.endsWith('.css')) continue;
        const from = folderOf(source.path);
        const to = target.startsWith('src/') || target.startsWith('webview/') ? folderOf(target) : undefined;
        if (to === undefined || (to !== from && !(MAY_IMPORT[from] ?? []).includes(to))) wrong.push(`${source.path} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('imports other folders through their index', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { target } of source.imports) {
        if (target === undefined || folderOf(target) === folderOf(source.path) || !target.endsWith('.ts')) continue;
        if (!target.endsWith('/index.ts')) wrong.push(`${source.path} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('has no cycles of files', () => {
    const graph = new Map(sources.map((source) => [source.path, source.imports.filter((item) => !item.typeOnly && item.target !== undefined).map((item) => item.target as string)]));
    expect(findCycle(graph)).toEqual([]);
  });

  it('uses Node modules only in the drivers', () => {
    const wrong = sources.filter((source) => !MAY_USE_NODE.some((folder) => source.path.startsWith(folder)) && source.imports.some((item) => item.specifier.startsWith('node:')));
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  it('imports vscode only in the extension', () => {
    const wrong = sources.filter((source) => !source.path.startsWith('src/extension/') && source.imports.some((item) => item.specifier === 'vscode'));
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  for (const { call, allowed, instead } of BANNED) {
    it(`uses ${instead} instead of ${call.source}`, () => {
      const wrong = sources.filter((source) => !allowed.some((folder) => source.path.startsWith(folder)) && call.test(source.code)).map((source) => source.path);
      expect(wrong).toEqual([]);
    });
  }

  it('has no file that nothing imports', () => {
    const entries = new Set(bundles.flatMap((bundle) => Object.values(bundle.entryPoints as Record<string, string>)));
    const everything = [...sources, ...readSourceFiles('test', 'scripts')];
    const imported = new Set(everything.flatMap((source) => source.imports.map((item) => item.target)));
    expect(sources.map((source) => source.path).filter((file) => !entries.has(file) && !imported.has(file))).toEqual([]);
  });

  it('exports no function, class or constant that only its own file uses', () => {
    const users = new Map<string, Set<string>>();
    for (const source of [...sources, ...readSourceFiles('test', 'scripts')]) {
      const own = source.code.replace(/^export (?:type )?\{[^}]*\} from[^\n]*$/gm, '');
      for (const word of new Set(own.match(/[A-Za-z_$][\w$]*/g))) users.set(word, (users.get(word) ?? new Set<string>()).add(source.path));
    }
    const namespaces = new Set(sources.flatMap((source) => source.imports.filter((item) => item.isNamespace).map((item) => item.target)));
    const entries = new Set(bundles.flatMap((bundle) => Object.values(bundle.entryPoints as Record<string, string>)));
    const wrong = sources.filter((source) => !entries.has(source.path) && !namespaces.has(source.path)).flatMap((source) => [...source.text.matchAll(/^export (?:async )?(?:function\*?|class|const) (\w+)/gm)]
      .map((match) => match[1] as string)
      .filter((name) => [...(users.get(name) ?? [])].every((file) => file === source.path))
      .map((name) => `${source.path}: ${name}`));
    expect(wrong).toEqual([]);
  });

  it('names files in kebab-case', () => {
    expect(sources.map((source) => source.path).filter((file) => !/^[a-z0-9-]+(\.[a-z]+)+$/.test(path.basename(file)))).toEqual([]);
  });

  it('has a README in each folder of src', () => {
    const folders = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
    expect(folders.filter((folder) => !existsSync(path.join(root, 'src', folder, 'README.md')))).toEqual([]);
  });

  it('says of every exported function and class what it is', () => {
    const wrong = sources.flatMap((source) => undocumented(source).map((name) => `${source.path}: ${name}`));
    expect(wrong).toEqual([]);
  });

  it('speaks only of itself', () => {
    const words = /\/work\/|\bissue #?\d|registry\.npmjs|\bsubagent|\bTODO\b|\bFIXME\b|\bXXX\b/;
    const wrong = [...sources, ...readSourceFiles('scripts')].filter((source) => words.test(source.text)).map((source) => source.path);
    expect(wrong).toEqual([]);
  });
});

function undocumented(source: SourceFile): string[] {
  const lines = source.text.split('\n');
  const names: string[] = [];
  let before: string | undefined;
  for (const [index, line] of lines.entries()) {
    const name = /^export (?:async )?(?:function\*?|class) (\w+)/.exec(line)?.[1];
    // The overloads of a function share the docstring of the first.
    if (name !== undefined && name !== before && !/\*\/\s*$/.test(lines[index - 1] ?? '')) names.push(name);
    before = name;
  }
  return names;
}

function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const visit = (file: string, trail: readonly string[]): string[] => {
    const at = trail.indexOf(file);
    if (at >= 0) return [...trail.slice(at), file];
    if (done.has(file)) return [];
    for (const next of graph.get(file) ?? []) {
      const cycle = visit(next, [...trail, file]);
      if (cycle.length > 0) return cycle;
    }
    done.add(file);
    return [];
  };
  for (const file of graph.keys()) {
    const cycle = visit(file, []);
    if (cycle.length > 0) return cycle;
  }
  return [];
}
