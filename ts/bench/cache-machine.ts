/**
 * What replaying a run needs to know of this machine, from the fastest step of many: of a small layer, of one as large as the model's, and of
 * the small one with a thread for each party.
 */
import { ClientSession } from '../client/session.js';
import { CometError } from '../core/errors.js';
import { itineraryOf } from '../cost/itinerary.js';
import type { Speeds } from '../cost/replay.js';
import { productSeconds } from '../cost/speed.js';
import type { Kernels } from '../kernels/load.js';
import type { Session } from '../net/session.js';
import { EmbeddedParties } from '../parties/embedded.js';
import { LocalParties } from '../parties/local.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import type { Shape } from '../plan/shape.js';
import { SHAPES } from '../plan/shapes.js';
import { DecoderState } from '../program/decoder.js';
import { type Provisioned, provision } from '../provision/owner.js';
import { syntheticModel } from '../provision/synthetic.js';
import { speedOf } from '../verify/constants.js';

export type Machine = Omit<Speeds, 'oneWaySeconds' | 'bytesPerSecond'>;

/** Steps of each measurement. */
const STEPS = 96;
/** In one thread both servers work, the dealer and the client about half as much. */
const PARTIES = 2.5;

type Sizes = Pick<Shape, 'width' | 'heads' | 'kvHeads' | 'headDim' | 'ffn'>;

/** Of layers with these sizes. @throws CometError E_ABORTED. */
export async function measureMachine(
  kernels: Kernels,
  { width, heads, kvHeads, headDim, ffn }: Sizes,
  signal?: AbortSignal,
): Promise<Machine> {
  /** Masked tensors are handed over once, so each use is provisioned anew. */
  const layer = async (sizes: Sizes): Promise<() => Provisioned> => {
    const shape = { ...sizes, layers: 1, context: 1, vocab: 64 };
    const { model, calibration } = await syntheticModel(kernels, shape, { signal });
    return () => provision(kernels, 'layer', model, calibration);
  };
  const [small, large] = [await layer(SHAPES.tiny), await layer({ width, heads, kvHeads, headDim, ffn })];
  const [ofSmall, ofLarge] = [loadOf(small()), loadOf(large())];
  const speed = speedOf(kernels, ofLarge);
  const inOne = [await local(kernels, small(), signal), await local(kernels, large(), signal)];
  const inThree = await embedded(small(), signal);
  // All that the small layer takes is taken for the cost of rounds: rather too much, as rounds beside others cost the same.
  const secondsPerRound = inOne[0] / ofSmall.rounds / PARTIES;
  const rest = inOne[1] - productSeconds(ofLarge, speed) - ofLarge.rounds * PARTIES * secondsPerRound;
  const secondsPerByte = Math.max(0, rest) / ofLarge.bytes;
  const wakeSeconds = Math.max(0, inThree / ofSmall.rounds - secondsPerRound);
  return { ...speed, secondsPerByte, secondsPerRound, wakeSeconds };
}

const STEP: AnnouncedStep = { rows: 1, position: 0, outputs: 'none' };

/** What all parties together do in a step: both servers open, the dealer deals, both servers take that up. */
function loadOf({ manifest: { plan } }: Provisioned) {
  const { cost } = itineraryOf(
    plan,
    new DecoderState(plan),
    { ...STEP, step: 0 },
    { revealed: () => new BigUint64Array(0) },
  );
  const { rounds, macs, narrowMacs, onlineBytes, offlineBytes } = cost;
  return { rounds, macs, narrowMacs, bytes: onlineBytes + 3 * offlineBytes };
}

async function local(kernels: Kernels, owner: Provisioned, signal?: AbortSignal): Promise<number> {
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors, undefined, signal);
  const { session, served } = await parties.open();
  const seconds = await fastest(owner, session, signal);
  await served;
  return seconds;
}

async function embedded(owner: Provisioned, signal?: AbortSignal): Promise<number> {
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, { signal });
  try {
    return await fastest(owner, await parties.open(signal), signal);
  } finally {
    await parties.close();
  }
}

/** Seconds of the fastest of many equal steps. */
async function fastest(owner: Provisioned, session: Session, signal?: AbortSignal): Promise<number> {
  const client = ClientSession.over(owner.client, session);
  client.announce(Array<AnnouncedStep>(STEPS).fill(STEP));
  let best = Infinity;
  for (let step = 0; step < STEPS; step++) {
    if (signal?.aborted) throw new CometError('E_ABORTED', 'the benchmark was stopped');
    const begin = performance.now();
    await client.run([step % 64], signal);
    best = Math.min(best, (performance.now() - begin) / 1000);
  }
  client.end();
  return best;
}
