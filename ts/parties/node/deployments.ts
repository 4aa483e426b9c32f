/** Where a client generates: all roles on this machine, or servers and a dealer elsewhere. */
import type { Config } from '../../core/config.js';
import { CometError } from '../../core/errors.js';
import { loadKernels } from '../../kernels/load.js';
import { folderSource } from '../../model/node/folder.js';
import { loadTokenizer, type Tokenizer } from '../../model/tokenizer.js';
import { dialer } from '../../net/node/connect.js';
import { openSession } from '../../net/open.js';
import type { Session } from '../../net/session.js';
import { readManifest, readTables } from '../../provision/files.js';
import { provisioningId } from '../../provision/manifest.js';
import type { ClientModel } from '../client.js';
import { EmbeddedParties } from '../embedded.js';
import { clientModel, provision } from '../owner.js';
import { calibrationOf, type Loaded, loadModel, type OnProgress } from './load.js';

/** What a client needs to open sessions. */
export interface Deployment {
  readonly model: ClientModel;
  readonly tokenizer: Tokenizer;
  /** Present where all roles are on this machine. */
  readonly embedded?: { readonly parties: EmbeddedParties; readonly loaded: Loaded };
  open(signal?: AbortSignal): Promise<Session>;
  close(): Promise<void>;
}

/** All roles here, each server and the dealer in its own worker. */
export async function embeddedDeployment(
  dir: string | undefined,
  signal?: AbortSignal,
  onProgress?: OnProgress,
): Promise<Deployment> {
  const loaded = await loadModel(dir);
  const calibration = await calibrationOf(loaded, { signal, onProgress });
  const owner = provision(loaded.kernels, loaded.checkpoint.name, loaded.prepared, calibration);
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors);
  return {
    model: owner.client,
    tokenizer: loaded.tokenizer,
    embedded: { parties, loaded },
    open: (inner) => parties.open(inner),
    close: () => parties.close(),
  };
}

/** The client of servers elsewhere, from its configuration. */
export async function remoteDeployment(config: Config): Promise<Deployment> {
  if (config.role !== 'client')
    throw new CometError('E_CONFIG', `this is the configuration of ${config.role}, not of the client`);
  if (!config.share)
    throw new CometError('E_CONFIG', 'the configuration of the client names no share directory ("share")');
  const manifest = await readManifest(config.share);
  const kernels = await loadKernels();
  const model = clientModel(kernels, manifest, await readTables(config.share, manifest));
  const tokenizer = await loadTokenizer(folderSource(config.share));
  const channel = dialer(config);
  const provisioning = provisioningId(manifest);
  return {
    model,
    tokenizer,
    open: (signal) => openSession({ role: 'client', provisioning, limits: config.limits, channel, signal }),
    close: () => Promise.resolve(),
  };
}
