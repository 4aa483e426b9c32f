/**
 * Where a client's sessions are opened: parties on this machine, or servers and a dealer elsewhere.
 */
import type { Tokenizer } from '../checkpoint/tokenizer.js';
import type { Session } from '../net/session.js';
import type { ClientModel } from '../provision/client-model.js';
import type { Account } from './account.js';
import type { ChatEncoder } from './chat.js';

/** What a client needs to open sessions. */
export interface Deployment {
  readonly model: ClientModel;
  readonly tokenizer: ChatEncoder & Pick<Tokenizer, 'decode' | 'stream' | 'ends'>;
  /** Whether all parties are on this machine, for this deployment's user only. */
  readonly local: boolean;
  /** Most bytes of a frame that its parties accept, where that is configured. */
  readonly frameBytes?: number;
  /** The account of a session that is about to be opened. */
  account(): Account;
  /**
   * Opens a session.
   * @throws CometError E_PEER_ABSENT, E_PROVISIONING, E_UNAUTHORIZED, E_LIMIT, E_ABORTED ...
   */
  open(signal?: AbortSignal): Promise<Session>;
  /** Ends what runs on this machine for it. */
  close(): Promise<void>;
}
