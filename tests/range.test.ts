/** Activations that leave the range of the plan: the client is told, whatever the step outputs. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { ClientSession } from '../ts/client/session.js';
import { type Kernels, loadKernels } from '../ts/kernels/load.js';
import { LocalParties } from '../ts/parties/local.js';
import type { Outputs } from '../ts/plan/step.js';
import { provision } from '../ts/provision/owner.js';
import { wordsOf } from './support/masked.js';
import { randomModel, TINY } from './support/random-model.js';

let kernels: Kernels;
beforeAll(async () => {
  kernels = await loadKernels();
});

/** Tokens that every text begins with, where a model has a prefix. */
const PREFIX = [3, 7];

/** A prefill of five tokens by parties whose centres of layer 1, head 2 are off by some nats. */
async function prefill(nats: number, outputs: Outputs, prefix: readonly number[] = []): Promise<Float32Array> {
  const shape = prefix.length > 0 ? { ...TINY, prefix } : TINY;
  const { model, ranges, text } = randomModel(3, shape);
  const owner = provision(kernels, 'random', model, ranges as never);
  const { plan } = owner.manifest;
  const off = BigInt(Math.round(nats * 2 ** (14 + plan.layers[1].fS)));
  // What is masked is minus the centre.
  const tensors = [...owner.tensors].map((tensor) => {
    if (tensor.layer !== 1 || tensor.name !== 'centers') return tensor;
    const words = wordsOf(kernels, plan, tensor);
    words[2] -= off;
    return { ...tensor, bytes: kernels.packWords(words, 64) as typeof tensor.bytes };
  });
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, tensors);
  const { session, served } = await parties.open({});
  const client = ClientSession.over(owner.client, session);
  client.announce([{ rows: 5, position: prefix.length, outputs }]);
  try {
    return await client.run(text(5));
  } finally {
    client.end();
    await served;
  }
}

describe.each(['none', 'last', 'all'] as const)('a step that outputs %s', (outputs) => {
  const rows = { none: 0, last: 1, all: 5 }[outputs];

  test.each([-8, 0, 8])('stays in range with ln Z off its centre by %i nats', async (nats) => {
    expect(await prefill(nats, outputs)).toHaveLength(rows * TINY.width);
  });

  test.each([-22, -16, 16, 22])('is refused with ln Z off by %i nats', async (nats) => {
    await expect(prefill(nats, outputs)).rejects.toMatchObject({
      code: 'E_RANGE',
      message: expect.stringMatching(/^the attention weights of layer 1 at position [0-4] do not sum to one in 1 of /),
    });
  });
});

test('the position that is named counts the constant prefix', async () => {
  await expect(prefill(22, 'none', PREFIX)).rejects.toThrow(`of layer 1 at position ${PREFIX.length} do not`);
});
