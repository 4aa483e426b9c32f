/**
 * The client for browsers: everything that a page needs, no `node:` import. The kernels' .wasm is
 * served beside the bundle.
 */
export { siteSource } from './checkpoint/web/site.js';
export type { Message } from './checkpoint/chat/template.js';
export type { Summary, Usage } from './client/account.js';
export type { Conversation, PromptOptions } from './client/conversation.js';
export type { PromptEvent } from './client/events.js';
export { RemoteClient, type Request } from './client/remote.js';
export type { PromptRequest, SessionRequest } from './client/request.js';
export type { FinishReason, Token } from './client/text-session.js';
export { CometError, type ErrorCode } from './core/errors.js';
export { DEFAULT_LIMITS, type Limits } from './core/limits.js';
export { dialer } from './net/web/connect.js';
