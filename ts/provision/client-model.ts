/** What the client holds of a model: tables in floats, which its owner discloses to it. */
import type { FloatMatrix, Kernels } from '../kernels/load.js';
import type { Plan } from '../plan/formats.js';
import type { Manifest } from './manifest.js';
import type { ClientTables } from './prepare.js';

/** The client's public part of the model: `embedding` is `vocab x d`, `positions` `(context + offset) x d`, where positions are not rotations. */
export interface ClientModel {
  readonly kernels: Kernels;
  readonly plan: Plan;
  readonly embedding: Float32Array;
  readonly positions?: Float32Array;
  readonly positionOffset: number;
  /** `d x vocab`, as products read it. */
  readonly head: FloatMatrix;
  /** `vocab`; added to every row of logits. */
  readonly headBias?: Float32Array;
  /** Final state of the plan's prefix, where it has one: what follows a prompt that is nothing else. */
  readonly prefixState?: Float32Array;
}

/** The client's part, from its float tables. */
export function clientModel(kernels: Kernels, manifest: Manifest, tables: ClientTables): ClientModel {
  const { plan, positionOffset } = manifest;
  const { vocab, width } = plan.shape;
  const head = new kernels.FloatMatrix(vocab, width, tables.head);
  const { embedding, positions, headBias, prefixState } = tables;
  return { kernels, plan, positionOffset, embedding, positions, head, headBias, prefixState };
}
