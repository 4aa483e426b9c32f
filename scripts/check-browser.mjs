// Bundles the client's entry for browsers, as its users do, and fails on any `node:` import in the result.
import { build } from 'esbuild';

const refuseNode = {
  name: 'refuse-node',
  setup({ onResolve }) {
    onResolve({ filter: /^node:/ }, ({ path, importer }) => ({ errors: [{ text: `${importer} imports ${path}` }] }));
  },
};
const { metafile } = await build({
  entryPoints: ['dist/browser.js'],
  bundle: true,
  platform: 'browser',
  format: 'esm',
  write: false,
  metafile: true,
  logLevel: 'error',
  plugins: [refuseNode],
}).catch(() => process.exit(1));
const [{ bytes }] = Object.values(metafile.outputs);
console.log(`browser: the client's bundle has ${Math.round(bytes / 1000)} kB and no node: import`);
