/** All roles over memory with a tiny random model, and a client in one session. */
import { type Kernels, loadKernels } from '../../ts/kernels/load.js';
import { ClientSession, type SessionMode } from '../../ts/parties/client.js';
import type { Hosted } from '../../ts/parties/hosted.js';
import { LocalParties } from '../../ts/parties/local.js';
import { provision, type Provisioned } from '../../ts/parties/owner.js';
import type { Watch } from '../../ts/parties/roles.js';
import type { Session } from '../../ts/net/session.js';
import { randomModel, TINY, type TinyShape } from './random-model.js';
import { type Density, randomPredictors } from './random-predictors.js';

export interface Bench {
  readonly kernels: Kernels;
  readonly owner: Provisioned;
  readonly parties: LocalParties;
  readonly forward: ReturnType<typeof randomModel>['forward'];
  readonly text: (length: number) => number[];
  readonly model: ReturnType<typeof randomModel>['model'];
}

/** Starts the parties on a random model; with a density, on random predictors, too. */
export async function startBench(seed = 3, shape: TinyShape = TINY, density?: Density): Promise<Bench> {
  const kernels = await loadKernels();
  const { model, ranges, forward, text } = randomModel(seed, shape);
  const owner = provision(kernels, 'random', model, ranges as never, {
    predictors: density && randomPredictors(seed, shape, density),
  });
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors);
  return { kernels, owner, parties, forward, text, model };
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
): Promise<Opened> {
  const { session, served } = await parties.open(watch);
  const [server0, server1, dealer] = (['server0', 'server1', 'dealer'] as const).map((role) => session.link(role));
  const maskKeys = [session.maskSeeds.server0!, session.maskSeeds.server1!] as const;
  return { client: new ClientSession(owner.client, { server0, server1, dealer, maskKeys }, mode), session, served };
}
