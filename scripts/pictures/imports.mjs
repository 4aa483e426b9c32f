// What the files of ts/ import, types included, read by dependency-cruiser.
import { cruise } from 'dependency-cruiser';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Packages that only Node has. */
const OF_NODE = /(^|\/)(ws|node-adapter)(\/|\.|$)/;

/**
 * Each file of ts/ as `{ file, imports, node, circular }`: paths from ts/ on, the files of ts/ that
 * it imports, whether it imports from Node itself, and whether it imports itself through others.
 */
export async function readImports() {
  const { output } = await cruise(['ts'], {
    baseDir: ROOT,
    doNotFollow: { path: ['node_modules', '^pkg/'] },
    tsPreCompilationDeps: true,
    ruleSet: { forbidden: [{ name: 'circle', severity: 'error', from: {}, to: { circular: true } }] },
    validate: true,
  });
  return output.modules
    .filter(({ source }) => source.startsWith('ts/'))
    .map(({ source, dependencies }) => {
      const unknown = dependencies.find(({ couldNotResolve }) => couldNotResolve);
      if (unknown) throw new Error(`${source} imports ${unknown.module}, which is not there: run "npm ci"`);
      const imports = dependencies.filter(({ resolved }) => resolved.startsWith('ts/'));
      return {
        file: source.slice(3),
        imports: imports.map(({ resolved }) => resolved.slice(3)).sort(),
        node: dependencies.some(({ coreModule, module }) => coreModule || OF_NODE.test(module)),
        circular: dependencies.some(({ circular }) => circular),
      };
    })
    .sort((a, b) => (a.file < b.file ? -1 : 1));
}

/** The room of a file: its first folder, or itself. */
export const roomOf = (file) => file.split('/')[0];
