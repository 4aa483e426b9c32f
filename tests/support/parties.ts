/** All roles over memory with a tiny random model, and a client in one session. */
import { type SessionMode } from '../../ts/client/session-mode.js';
import { ClientSession } from '../../ts/client/session.js';
import { type Kernels, loadKernels } from '../../ts/kernels/load.js';
import type { Session } from '../../ts/net/session.js';
import type { Hosted } from '../../ts/parties/hosted.js';
import { LocalParties } from '../../ts/parties/local.js';
import type { Watch } from '../../ts/parties/roles.js';
import type { VariantName } from '../../ts/plan/variants.js';
import type { Predictors } from '../../ts/predict/predictor.js';
import { drawOrders, type LayerOrder } from '../../ts/provision/owned.js';
import { provision, type Provisioned } from '../../ts/provision/owner.js';
import { keyOf } from './lockstep.js';
import { randomModel, TINY, type TinyShape } from './random-model.js';
import { type Density, randomPredictors } from './random-predictors.js';

export interface Bench {
  readonly kernels: Kernels;
  readonly owner: Provisioned;
  readonly parties: LocalParties;
  readonly forward: ReturnType<typeof randomModel>['forward'];
  readonly text: (length: number) => number[];
  readonly model: ReturnType<typeof randomModel>['model'];
  /** Those of a sparse bench. */
  readonly predictors?: Predictors;
  /** The secret orders of neurons and heads. */
  readonly orders: readonly LayerOrder[];
}

/** Starts the parties on a random model; with a density, on random predictors, too. Another `order` is another provisioning. */
export async function startBench(
  seed = 3,
  shape: TinyShape = TINY,
  density?: Density,
  order = 1,
  variant?: VariantName,
): Promise<Bench> {
  const kernels = await loadKernels();
  const { model, ranges, forward, text } = randomModel(seed, shape, density !== undefined);
  const predictors = density && randomPredictors(seed, shape, density);
  const insecureSeeds = { seed0: keyOf(21, order), seed1: keyOf(22, order), order: keyOf(23, order) };
  const owner = provision(kernels, 'random', model, ranges as never, { predictors, variant, insecureSeeds });
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors);
  const orders = drawOrders(kernels, model.shape, insecureSeeds.order);
  return { kernels, owner, parties, forward, text, model, predictors, orders };
}

/** A session of the bench with its client. */
export interface Opened {
  readonly client: ClientSession;
  readonly session: Session;
  readonly served: Promise<void>;
}

export async function openClient(
  { parties, owner }: Bench,
  watch: Partial<Record<Hosted, Watch>> = {},
  mode?: SessionMode,
  replays?: Parameters<LocalParties['open']>[1],
): Promise<Opened> {
  const { session, served } = await parties.open(watch, replays);
  const [server0, server1, dealer] = (['server0', 'server1', 'dealer'] as const).map((role) => session.link(role));
  const maskKeys = [session.maskSeeds.server0!, session.maskSeeds.server1!] as const;
  return { client: new ClientSession(owner.client, { server0, server1, dealer, maskKeys }, mode), session, served };
}

/** Rounds, bytes between the servers and bytes from the dealer of the last session, as the ledger counts them. */
export function countsOf({ parties: { parties } }: Bench): number[] {
  const { server0, server1, dealer } = parties;
  const [s0, s1, d] = [server0.counts(), server1.counts(), dealer.counts()];
  return [
    s0.links.server1.sent.opening.frames,
    s0.links.server1.sent.opening.bytes + s1.links.server0.sent.opening.bytes + s1.links.dealer.sent.credit.bytes,
    d.links.server1.sent.tape.bytes,
  ];
}
