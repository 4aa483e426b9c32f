/** `comet plan --shape`: plans of a known shape, with random weights. */
import { randomBytes } from '@noble/hashes/utils.js';
import type { Kernels } from '../kernels/load.js';
import type { WorkOptions } from '../plain/windows.js';
import { shapeOf } from '../plan/shapes.js';
import { VARIANT_NAMES } from '../plan/variants.js';
import { planModel } from '../provision/owner.js';
import { syntheticModel } from '../provision/synthetic.js';
import type { Candidate } from './candidates.js';

/**
 * Every variant of a shape, for positions up to `context`: one layer is made, and planned as often as there are `layers`, all of the
 * shape's unless given. @throws CometError E_ARGUMENT for a shape that is not known, E_ABORTED.
 */
export async function shapeCandidates(
  kernels: Kernels,
  name: string,
  { context, layers, ...work }: WorkOptions & { readonly context: number; readonly layers?: number },
): Promise<Candidate[]> {
  const known = shapeOf(name);
  const count = layers ?? known.layers;
  const { model, calibration } = await syntheticModel(kernels, { ...known, layers: 1, context, vocab: 64 }, work);
  return VARIANT_NAMES.map((variant) => {
    const { plan } = planModel(kernels, model, calibration, undefined, randomBytes(32), { variant });
    const shape = { ...plan.shape, layers: count };
    return { variant, plan: { ...plan, shape, layers: Array.from({ length: count }, () => plan.layers[0]) } };
  });
}
