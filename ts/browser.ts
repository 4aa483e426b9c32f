/** The client for browsers: everything that a page needs, no `node:` import. The kernels' .wasm is served beside the bundle. */
export { CometError, type ErrorCode } from './core/errors.js';
export { generateOver, type Request, type Token } from './generate.js';
export { initKernels, type Kernels, loadKernels } from './kernels/load.js';
export { Sampler } from './model/sampling.js';
export { Tokenizer } from './model/tokenizer.js';
export { openSession } from './net/open.js';
export { dialer } from './net/web/connect.js';
export { type ClientModel, ClientSession } from './parties/client.js';
export { clientModel } from './parties/owner.js';
export { type Manifest, parseManifest, provisioningId } from './provision/manifest.js';
