/** Where the compiled kernels come from in a browser: comet_kernels_bg.wasm, served beside the bundle. */

/** The artefact, compiled. */
export async function kernelsModule(): Promise<WebAssembly.Module> {
  const response = await fetch(new URL('./comet_kernels_bg.wasm', import.meta.url));
  if (!response.ok) throw new Error(`${response.url} answered ${response.status}`);
  // Not compileStreaming: it wants a MIME type that many servers do not send.
  return WebAssembly.compile(await response.arrayBuffer());
}
