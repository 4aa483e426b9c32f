// Bundles the client's entry for browsers and fails on any `node:` import in the result.
import { build } from 'esbuild';

const { metafile } = await build({
  entryPoints: ['ts/browser.ts'],
  bundle: true,
  platform: 'browser',
  format: 'esm',
  write: false,
  metafile: true,
  logLevel: 'error',
  plugins: [
    {
      name: 'no-node',
      setup(plugin) {
        plugin.onResolve({ filter: /^node:/ }, ({ path, importer }) => ({ errors: [{ text: `${importer} imports ${path}` }] }));
        plugin.onResolve({ filter: /^\.\/source\.js$/ }, ({ resolveDir }) => ({ path: `${resolveDir}/source.browser.ts` }));
      },
    },
  ],
});
const bytes = Object.values(metafile.outputs)[0].bytes;
console.log(`the client's bundle for browsers has ${Math.round(bytes / 1000)} kB and no node: import`);
