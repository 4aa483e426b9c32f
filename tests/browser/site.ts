/** Serves the bundled page, the kernels and a client's share to a browser on this machine. */
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const TYPES: Readonly<Record<string, string>> = { html: 'text/html', js: 'text/javascript' };
const PAGE = '<!doctype html><title>comet</title><script type="module" src="page.js"></script>';

/** Bundles the page into `dir` as a user would. A process of its own, because esbuild refuses jest's realm. */
export function bundlePage(dir: string): string {
  const options = ['--bundle', '--format=esm', '--platform=browser', '--log-level=error'];
  const out = join(dir, 'page.js');
  execFileSync(process.execPath, [
    at('node_modules/esbuild/bin/esbuild'),
    at('tests/browser/page.mjs'),
    ...options,
    `--outfile=${out}`,
  ]);
  return out;
}

/** Listens on a port of the system's choice. */
export async function serveSite(bundle: string, share: string): Promise<{ url: string; server: Server }> {
  const fileOf = (path: string): string => {
    if (path === '/page.js') return bundle;
    if (path === '/comet_kernels_bg.wasm') return at('pkg/comet_kernels_bg.wasm');
    return join(share, basename(path));
  };
  const server = createServer(({ url = '' }, response) => {
    if (url === '/') return response.setHeader('content-type', TYPES.html).end(PAGE);
    const file = fileOf(url);
    if (!existsSync(file)) return response.writeHead(404).end();
    response.setHeader('content-type', TYPES[file.split('.').at(-1)!] ?? 'application/octet-stream');
    return response.end(readFileSync(file));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`, server };
}
