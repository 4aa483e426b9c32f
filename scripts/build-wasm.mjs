// Builds crates/wasm into pkg/. `--check` builds into a temporary folder and compares it, byte for byte, with what is
// committed: the same sources give the same bytes in any folder, with rustc and the tools in the versions of
// rust-toolchain.toml and `npm run toolchain`.
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..');
const pkg = join(root, 'pkg');
const name = 'comet_kernels';
const features = [
  'simd',
  'bulk-memory',
  'bulk-memory-opt',
  'nontrapping-float-to-int',
  'sign-ext',
  'mutable-globals',
  'reference-types',
  'multivalue',
  'call-indirect-overlong',
];

function run(command, args, env = process.env) {
  const { status, error } = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (error?.code === 'ENOENT') fail(`${command} is missing: run \`npm run toolchain\``);
  if (status !== 0) fail(`${command} failed`);
}

function fail(message) {
  console.error(`build:wasm: ${message}`);
  process.exit(1);
}

/** The flags of .cargo/config.toml, and no path of this machine in the result. */
function environment() {
  const cargoHome = process.env.CARGO_HOME ?? join(homedir(), '.cargo');
  const env = { ...process.env };
  // A RUSTFLAGS variable would replace every other flag, +simd128 with them.
  for (const key of ['RUSTFLAGS', 'CARGO_ENCODED_RUSTFLAGS', 'CARGO_BUILD_RUSTFLAGS']) delete env[key];
  env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS = [
    `--remap-path-prefix=${join(cargoHome, 'registry', 'src')}=/registry`,
    `--remap-path-prefix=${root}=/comet`,
  ].join(' ');
  return env;
}

function build(out) {
  const flags = [
    '--target',
    'web',
    '--mode',
    'no-install',
    '--no-opt',
    '--no-pack',
    '--out-dir',
    out,
    '--out-name',
    name,
  ];
  run('wasm-pack', ['build', 'crates/wasm', ...flags, '--', '--locked'], environment());
  const wasm = join(out, `${name}_bg.wasm`);
  const enable = features.map((feature) => `--enable-${feature}`);
  run(process.execPath, [join(root, 'node_modules/binaryen/bin/wasm-opt'), '-O3', ...enable, wasm, '-o', wasm]);
  // wasm-pack writes one that hides the folder from git.
  rmSync(join(out, '.gitignore'), { force: true });
  chmodSync(out, 0o755);
  assertVectors(wasm);
}

/** Vector code vanishes silently when a flag is lost: look for the instructions themselves. */
function assertVectors(wasm) {
  const tool = join(root, 'node_modules/binaryen/bin/wasm-dis');
  const text = join(dirname(wasm), 'text.wat');
  run(process.execPath, [tool, wasm, '-o', text]);
  const source = readFileSync(text, 'utf8');
  rmSync(text);
  for (const instruction of ['v128.load', 'f32x4.mul', 'i32x4.add', 'i8x16.shuffle']) {
    if (!source.includes(`(${instruction}`)) fail(`no ${instruction} in the result: was +simd128 lost?`);
  }
}

/** Names of the files in which the two folders differ. */
function differences(a, b) {
  const names = new Set([a, b].flatMap((folder) => (existsSync(folder) ? readdirSync(folder) : [])));
  const text = (path) => (existsSync(path) ? readFileSync(path, 'latin1') : undefined);
  return [...names].filter((file) => text(join(a, file)) !== text(join(b, file)));
}

const out = mkdtempSync(join(tmpdir(), 'comet-pkg-'));
process.on('exit', () => rmSync(out, { recursive: true, force: true }));
build(out);
const changed = differences(out, pkg);
if (changed.length === 0) console.log('build:wasm: pkg/ is up to date');
else if (process.argv.includes('--check')) fail(`pkg/ is not what the sources give: ${changed.join(', ')}`);
else replace(out);

/** Others may be reading pkg/: each file changes at once. */
function replace(from) {
  const next = `${pkg}.${process.pid}`;
  cpSync(from, next, { recursive: true });
  if (!existsSync(pkg)) return renameSync(next, pkg);
  for (const file of readdirSync(pkg)) if (!existsSync(join(next, file))) rmSync(join(pkg, file));
  for (const file of readdirSync(next)) renameSync(join(next, file), join(pkg, file));
  rmSync(next, { recursive: true });
  console.log('build:wasm: pkg/ was rebuilt: commit it');
}
