/** Where the compiled kernels come from in Node and Deno; a browser bundle uses source.browser.ts instead. */
import { readFile } from 'node:fs/promises';

/** The artefact of this package, compiled. The path holds from ts/kernels and from dist/kernels. */
export async function kernelsModule(): Promise<WebAssembly.Module> {
  return WebAssembly.compile(await readFile(new URL('../../pkg/comet_kernels_bg.wasm', import.meta.url)));
}
