/** Where a client generates: all roles on this machine, or servers and a dealer elsewhere. */
import { folderSource } from '../checkpoint/node/folder.js';
import type { Deployment } from '../client/deployment.js';
import { RemoteClient } from '../client/remote.js';
import type { Config } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { dialer } from '../net/node/connect.js';
import { EmbeddedParties } from '../parties/embedded.js';
import { HOSTED } from '../parties/hosted.js';
import type { VariantName } from '../plan/variants.js';
import { readManifest } from '../provision/node/files.js';
import { calibrationOf } from '../provision/node/calibration.js';
import { loadModel } from '../provision/node/load.js';
import { admit, type MemoryOptions } from '../provision/node/machine.js';
import { arePublic } from '../provision/node/origin.js';
import { predictorsOf } from '../provision/node/predictors.js';
import type { OnOutline } from '../provision/outline.js';
import { provision } from '../provision/owner.js';
import { MeasuredAccount } from './account.js';
import type { Work } from './call.js';

/** How to make a deployment on this machine. */
export interface EmbeddedOptions extends Partial<Work> {
  readonly onOutline?: OnOutline;
  readonly memory?: MemoryOptions;
  readonly variant?: VariantName;
  readonly publicWeights?: boolean;
}

const PUBLIC_WEIGHTS =
  'the weights of this model are public: they are not masked, prompts and texts are (--secret masks the weights, too)';

/** All roles here, each server and the dealer in its own worker. */
export async function embeddedDeployment(
  dir: string | undefined,
  { onOutline, memory, variant, publicWeights: asked, ...work }: EmbeddedOptions = {},
): Promise<Deployment> {
  const { signal } = work;
  const publicWeights = await arePublic(dir, asked);
  if (publicWeights) work.onNotice?.(PUBLIC_WEIGHTS);
  const loaded = await loadModel(dir, ['client', ...HOSTED], { ...memory, publicWeights }, signal, onOutline);
  const calibration = await calibrationOf(loaded, work);
  const { kernels, checkpoint, prepared } = loaded;
  // With public weights a set of neurons says which they are, by name: sessions are dense.
  const predictors = publicWeights ? undefined : await predictorsOf(loaded);
  const choices = { predictors, variant, publicWeights };
  const owner = provision(kernels, checkpoint.name, prepared, calibration, choices);
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, { signal });
  const embedded = { parties, plan: owner.manifest.plan, loaded, predictors };
  return {
    model: owner.client,
    tokenizer: loaded.tokenizer,
    local: true,
    account: () => new MeasuredAccount(embedded),
    open: (inner) => parties.open(inner),
    close: () => parties.close(),
  };
}

/** The client of servers elsewhere, from its configuration. */
export async function remoteDeployment(
  config: Config,
  memory: MemoryOptions = {},
  onOutline?: OnOutline,
): Promise<Deployment> {
  if (config.role !== 'client')
    throw new CometError('E_CONFIG', `this is the configuration of ${config.role}, not of the client`);
  if (!config.share)
    throw new CometError('E_CONFIG', 'the configuration of the client names no share directory ("share")');
  const { plan } = await readManifest(config.share);
  admit(plan.shape, ['client'], { ...memory, limit: memory.limit ?? config.limits.memoryBytes });
  return RemoteClient.load(folderSource(config.share), dialer(config), config.limits, onOutline);
}
