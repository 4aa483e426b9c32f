import type { Session } from '../net/session.js';
import type { LocalParties } from '../parties/local.js';
import { provisioningId } from '../provision/manifest.js';
import type { Provisioned } from '../provision/owner.js';
import { type Pair, sessionKey } from '../wires/keys.js';

/** What S0-D, S1-D and S0-S1 share in a session, and the seeds of the weights' masks: a verifier that set the parties up knows every secret. */
export function tapeKeys(
  { pairSeeds }: LocalParties,
  { nonces, id }: Session,
  { manifest, seeds }: Pick<Provisioned, 'manifest' | 'seeds'>,
): { k0: Uint8Array; k1: Uint8Array; k01: Uint8Array; weights: readonly [Uint8Array, Uint8Array] } {
  const all = { ...nonces, session: id, provisioning: provisioningId(manifest) };
  const key = (pair: Pair, seed: Uint8Array): Uint8Array => sessionKey(seed, pair, all);
  return {
    k0: key('server0-dealer', pairSeeds.dealer.server0!),
    k1: key('server1-dealer', pairSeeds.dealer.server1!),
    k01: key('server0-server1', pairSeeds.server0.server1!),
    weights: [seeds.seed0, seeds.seed1],
  };
}
