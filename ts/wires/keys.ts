/**
 * Keys of one session's tapes (protocol section 5): a hash of the pair's provisioned seed and of nonces that S0, S1 and D drew for this
 * session, so that no persisted counter is trusted and a rolled-back disk cannot reuse a tape.
 */
import { hkdf } from '@noble/hashes/hkdf.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, utf8ToBytes } from '@noble/hashes/utils.js';

/** What makes a session's keys unique: three 16-byte nonces, the 16-byte session id, the 8-byte provisioning id. */
export interface SessionNonces {
  readonly server0: Uint8Array;
  readonly server1: Uint8Array;
  readonly dealer: Uint8Array;
  readonly session: Uint8Array;
  readonly provisioning: Uint8Array;
}

/** Which pair of parties shares a key. */
export type Pair = 'server0-dealer' | 'server1-dealer' | 'server0-server1';

/** The 32-byte ChaCha20 key that a pair uses in one session. `seed` is the pair's 32-byte provisioned secret. */
export function sessionKey(seed: Uint8Array, pair: Pair, nonces: SessionNonces): Uint8Array {
  const salt = concatBytes(nonces.server0, nonces.server1, nonces.dealer, nonces.session, nonces.provisioning);
  return hkdf(sha256, seed, salt, utf8ToBytes(`comet tape ${pair}`), 32);
}
