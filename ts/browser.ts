/** The client for browsers: everything that a page needs, no `node:` import. The kernels' .wasm is served beside the bundle. */
export { CometError, type ErrorCode } from './core/errors.js';
export { DEFAULT_LIMITS, type Limits } from './core/limits.js';
export type { PromptRequest, Request, SessionRequest, Token } from './generate.js';
export { siteSource } from './model/web/site.js';
export { dialer } from './net/web/connect.js';
export { RemoteClient, type RemoteConversation } from './parties/remote.js';
