/** The client for browsers: everything that a page needs, no `node:` import. The kernels' .wasm is served beside the bundle. */
export { siteSource } from './checkpoint/web/site.js';
export { RemoteClient, type RemoteConversation } from './client/remote.js';
export type { PromptRequest, Request, SessionRequest, Token } from './client/text-session.js';
export { CometError, type ErrorCode } from './core/errors.js';
export { DEFAULT_LIMITS, type Limits } from './core/limits.js';
export { dialer } from './net/web/connect.js';
