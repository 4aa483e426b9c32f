// Installs what `npm run build:wasm` and the vector suites need beside rustup: skips what is there in the right version.
import { spawnSync } from 'node:child_process';

/** Versions that work together. wasm-bindgen's must be that of Cargo.lock. */
const tools = { 'wasm-bindgen': ['wasm-bindgen-cli', '0.2.129'], 'wasm-pack': ['wasm-pack', '0.15.1'] };
const targets = ['wasm32-unknown-unknown', 'wasm32-wasip1'];

const output = (command, args) => spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '';

function run(command, args) {
  console.log(`toolchain: ${command} ${args.join(' ')}`);
  const { status, error } = spawnSync(command, args, { stdio: 'inherit' });
  if (error?.code === 'ENOENT')
    console.error(`toolchain: ${command} is missing: install rustup from https://rustup.rs`);
  if (status !== 0) process.exit(1);
}

const installed = output('rustup', ['target', 'list', '--installed']).split(/\s+/);
const missing = targets.filter((target) => !installed.includes(target));
if (missing.length > 0) run('rustup', ['target', 'add', ...missing]);

for (const [command, [crate, version]] of Object.entries(tools)) {
  if (output(command, ['--version']).trim() === `${command} ${version}`) continue;
  // A debug build of the tools takes half the time and gives the same artefact.
  run('cargo', ['install', '--locked', '--debug', '--force', `${crate}@${version}`]);
}
console.log('toolchain: ready');
