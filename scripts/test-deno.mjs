// Runs the suites of tests/deno in Deno, where npm has installed it: jest's own files, with the few words of jest that they use.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';

let deno;
try {
  deno = createRequire(import.meta.url)('deno/install_api.cjs').runInstall();
} catch (error) {
  console.log(`comet: no Deno here, its suites are left out (${error.message})`);
  process.exit(0);
}
const options = ['--config', 'tests/deno/deno.json', '--no-check', '--allow-all'];
const { status } = spawnSync(deno, ['test', ...options, 'tests/deno/suites.ts', ...process.argv.slice(2)], {
  stdio: 'inherit',
});
process.exit(status ?? 1);
