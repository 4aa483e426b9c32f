/**
 * `comet cost`: runs steps of a decoder with synthetic weights through the real parties, each in its worker, and reports what their
 * meters counted for one layer. Steady state: all steps are announced at once, so the dealer's and the offline work are inside the
 * measured time.
 */
import { ClientSession } from '../client/session.js';
import { prefillSteps } from '../cost/prefill.js';
import type { Kernels } from '../kernels/load.js';
import { EmbeddedParties } from '../parties/embedded.js';
import type { AnnouncedStep } from '../plan/announced-step.js';
import type { Plan } from '../plan/formats.js';
import { INSTANCE_BYTES } from '../provision/memory.js';
import { provision, type Provisioned } from '../provision/owner.js';
import { syntheticModel, syntheticPredictors } from '../provision/synthetic.js';
import { type CostOptions, type CostSizes, sizesOf } from './cost-options.js';
import { type CostReport, costReport } from './cost-report.js';

/** Decoding steps until a runtime has compiled what they run. */
const WARM_STEPS = 96;

/** Measures one decoder layer, where one WebAssembly memory takes so many bytes. @throws CometError E_ARGUMENT, E_RANGE, E_ABORTED. */
export async function measureCost(
  kernels: Kernels,
  options: CostOptions,
  instanceBytes = INSTANCE_BYTES,
): Promise<CostReport> {
  const { signal } = options;
  const sizes = sizesOf(options, instanceBytes);
  const texts = textsOf(sizes);
  const owner = await ownerOf(kernels, options, sizes, texts);
  const { plan } = owner.manifest;
  const { instances } = sizes;
  const parties = await EmbeddedParties.start(owner.manifest, owner.seeds, owner.tensors, {
    ...{ detailed: true, instances, signal },
  });
  try {
    const client = ClientSession.over(owner.client, await parties.open(signal));
    const counts = await measured(client, parties, plan, options, sizes, texts);
    client.end();
    return costReport({ options, plan, sizes, ...counts });
  } finally {
    await parties.close();
  }
}

/** The tokens before the measured steps, and those of each. */
interface Texts {
  readonly before: readonly number[];
  readonly steps: readonly (readonly number[])[];
}

function textsOf({ shape, context, rows, repeat }: CostSizes): Texts {
  let next = 0;
  const tokens = (count: number) => Array.from({ length: count }, () => (7 * next++) % shape.vocab);
  return { before: tokens(context - rows), steps: Array.from({ length: repeat }, () => tokens(rows)) };
}

/** A model with random weights; with predictors that let through what is asked for in the measured steps. */
async function ownerOf(
  kernels: Kernels,
  options: CostOptions,
  { shape, rank }: CostSizes,
  texts: Texts,
): Promise<Provisioned> {
  const { bias: biased, postNorm, sparse, variant, publicWeights, signal, onProgress } = options;
  const calibrating = (done: number, total: number): void => onProgress?.('calibrating', done, total);
  const { model, calibration } = await syntheticModel(kernels, shape, {
    ...{ biased, postNorm, signal, onProgress: calibrating },
  });
  const density = { neurons: options.density ?? 0.1, heads: options.heads ?? Math.round((7 * shape.heads) / 12) };
  const predictors = sparse ? syntheticPredictors(kernels, model, density, rank, texts) : undefined;
  return provision(kernels, options.shape, model, calibration, { predictors, variant, publicWeights });
}

/** What the parties had counted before the measured steps and after them, when tables are made and code is compiled. */
async function measured(
  client: ClientSession,
  parties: EmbeddedParties,
  plan: Plan,
  { step: kind, sparse = false, signal, onProgress }: CostOptions,
  { rows }: CostSizes,
  { before, steps }: Texts,
) {
  const run = async (stage: string, announced: readonly AnnouncedStep[], ids: Texts['steps']): Promise<void> => {
    client.announce(announced);
    for (const [i] of announced.entries()) {
      await client.run(ids[i], signal);
      onProgress?.(stage, i + 1, announced.length);
    }
  };
  const position = before.length;
  if (position > 0) {
    const filling = prefillSteps(plan, position).map((step) => ({ ...step, outputs: 'none' as const, sparse: false }));
    const parts = filling.map((step) => before.slice(step.position, step.position + step.rows));
    await run('filling the context', filling, parts);
  }
  const step: AnnouncedStep = { rows, position, outputs: 'none', sparse };
  const warm = Array<AnnouncedStep>(kind === 'decode' ? WARM_STEPS : 1).fill(step);
  await run('warming up', warm, Array<Texts['steps'][number]>(warm.length).fill(steps[0]));
  const counted = await parties.counts();
  await run('measuring', Array<AnnouncedStep>(steps.length).fill(step), steps);
  return { before: counted, after: await parties.counts() };
}
