/** All roles in one thread of an edge runtime, which has no workers, no files and compiles nothing: the same session as in Node. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { temporaryFolder, tinyModel } from './support/fixture-model.js';
import { startProgram, stopAll } from './support/processes.js';

const at = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));
const FILES = ['calibration.txt', 'config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors'];
const REQUEST = { prompt: 'at the edge', maxTokens: 6 };
const WORKERD = findWorkerd();

function findWorkerd(): string | undefined {
  try {
    return (createRequire(import.meta.url)('workerd') as { default: string }).default;
  } catch (error) {
    console.log(`comet: no workerd here, its test is left out (${(error as Error).message})`);
    return undefined;
  }
}

/** Bundles the worker into `dir`, which holds the model, and writes a configuration around it. */
function writeWorker(dir: string): string {
  const options = ['--bundle', '--format=esm', '--platform=browser', '--log-level=error'];
  const external = [...FILES, 'kernels.wasm'].map((name) => `--external:${name}`);
  const out = `--outfile=${join(dir, 'worker.js')}`;
  const [esbuild, entry] = [at('node_modules/esbuild/bin/esbuild'), at('tests/edge/worker.mjs')];
  execFileSync(process.execPath, [esbuild, entry, ...options, ...external, out]);
  copyFileSync(at('pkg/comet_kernels_bg.wasm'), join(dir, 'kernels.wasm'));
  const modules = [['worker.js', 'esModule'], ['kernels.wasm', 'wasm'], ...FILES.map((name) => [name, 'data'])];
  const embedded = modules.map(([name, kind]) => `(name = "${name}", ${kind} = embed "${name}")`).join(', ');
  const path = join(dir, 'edge.capnp');
  writeFileSync(
    path,
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "edge", worker = (modules = [${embedded}], compatibilityDate = "2026-10-01"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "edge")]
);
`,
  );
  return path;
}

interface Answer {
  readonly tokens: number[];
  readonly transcripts: string[];
  readonly workers: boolean;
}

/** The same program in Node. */
async function inNode(dir: string): Promise<Answer> {
  const load = (path: string) => import(new URL(path, import.meta.url).href);
  const { loadKernels } = await load('../dist/kernels/load.js');
  const { embedded } = await load('./edge/embedded.mjs');
  const files = Object.fromEntries(FILES.map((name) => [name, new Uint8Array(readFileSync(join(dir, name)))]));
  return embedded(await loadKernels(), files, REQUEST.prompt, REQUEST.maxTokens);
}

(WORKERD ? test : test.skip)('all roles in workerd say, byte for byte, what they say in Node', async () => {
  const folder = temporaryFolder();
  try {
    const dir = tinyModel(folder.dir);
    const edge = startProgram([WORKERD!], 'serve', writeWorker(dir), '--control-fd=1');
    const { port } = await edge.until(({ events }) => events.find(({ event }) => event === 'listen'));
    const response = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: JSON.stringify(REQUEST) });
    const text = await response.text();
    expect({ status: response.status, text, stderr: edge.stderr }).toEqual({ status: 200, text, stderr: edge.stderr });
    const { tokens, transcripts } = await inNode(dir);
    expect(tokens).toHaveLength(REQUEST.maxTokens);
    expect(new Set(transcripts).size).toBe(3);
    expect(JSON.parse(text)).toEqual({ tokens, transcripts, workers: false });
  } finally {
    await stopAll();
    folder.remove();
  }
});
