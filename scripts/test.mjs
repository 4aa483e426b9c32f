// Runs every suite: jest over TypeScript, and cargo over Rust where a Rust toolchain is present.
import { spawnSync } from 'node:child_process';

const jest = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--passWithNoTests',
    ...process.argv.slice(2),
  ],
  { stdio: 'inherit' },
);

let cargo = { status: 0 };
if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status !== 0) {
  console.log(
    'comet: no Rust toolchain here, its suites are left out (they run in CI; `npm run toolchain` needs rustup)',
  );
} else if (process.argv.length === 2) {
  cargo = spawnSync('cargo', ['test', '--locked', '--workspace', '--quiet'], { stdio: 'inherit' });
}
process.exit(jest.status || cargo.status ? 1 : 0);
