/**
 * One decoder layer walked by server 0, server 1 and the dealer, each alone: what the peer would send is random. Gates take the same time
 * whatever their wires hold.
 */
import { randomBytes } from '@noble/hashes/utils.js';
import { DealerContext, ServerContext } from '../gates/context.js';
import { type Absorbed, DealerGates } from '../gates/dealer.js';
import type { Gates } from '../gates/gates.js';
import { ServerGates } from '../gates/server.js';
import { Tables } from '../gates/tables.js';
import type { Kernels } from '../kernels/load.js';
import type { StepShape } from '../plan/step.js';
import { DecoderState, decoderStep } from '../program/decoder.js';
import type { Provisioned } from '../provision/owner.js';
import { Batcher } from '../run/batch.js';
import { drive } from '../run/drive.js';
import { DealerMatrices } from '../weights/dealer-weights.js';
import { ServerMatrices } from '../weights/server-weights.js';
import { type MaskedTensor } from '../weights/tensors.js';
import { Section } from '../wires/section.js';
import type { DealerWire, Format, ServerWire, Words } from '../wires/wire.js';
import { type Call, Recorder } from './recorder.js';

/** A gate's calls on all sides; each function makes its call once more. */
export interface GateCall {
  readonly call: Call;
  readonly offlineBytes: number;
  readonly server0: () => void;
  readonly server1: () => void;
  readonly dealer: () => void;
}

/** The calls of one decoding step at `context` in the only layer of a model, in their order. */
export async function layerCalls(kernels: Kernels, owner: Provisioned, context: number): Promise<GateCall[]> {
  const { plan } = owner.manifest;
  const tables = new Tables(kernels, plan.shape.width);
  const [between, ...keys] = [randomBytes(32), randomBytes(32), randomBytes(32)] as const;
  const noise = (count: number): Words => kernels.prgWords(randomBytes(32), new Uint8Array(12), 0, count, 64) as Words;

  const dealing = new DealerContext(kernels, ...keys);
  const masks = await DealerMatrices.expand(kernels, plan, owner.seeds);
  const dealer = new Recorder(new DealerGates(dealing, plan.shape, masks, tables), () => dealing.finish());
  const contexts = ([0, 1] as const).map((party) => new ServerContext(kernels, party, keys[party], between));
  const weights = await serverWeights(kernels, owner, [...owner.tensors]);
  const servers = contexts.map((c, party) => new Recorder(new ServerGates(c, plan.shape, weights[party], tables)));

  const here = { kernels, compute: new Batcher().seat().compute };
  const states = [0, 1, 2].map(() => new DecoderState<never>(plan));
  const prefill: StepShape = { step: 0, rows: context - 1, position: 0, outputs: 'none' };
  const decode: StepShape = { step: 1, rows: 1, position: context - 1, outputs: 'none' };
  for (const step of context > 1 ? [prefill, decode] : [decode]) {
    const count = step.rows * plan.shape.width;
    const format: Format = { rows: step.rows, cols: plan.shape.width, width: plan.wx, scale: plan.sx };
    for (const recorder of [dealer, ...servers]) recorder.clear();
    const x: DealerWire = { ...format, mask: noise(count) };
    await drive(decoderStep(dealer.watched<Gates<DealerWire, Absorbed>>(), plan, states[2], step, x), {
      ...here,
      correlate: () => Promise.resolve(),
      send: () => undefined,
      receive: () => Promise.reject(new Error('the dealer takes no part in openings')),
    });
    const section = Buffer.concat(dealer.calls.map((call) => call.section));
    for (const [party, recorder] of servers.entries()) {
      const wire: ServerWire = { ...format, m: noise(count), half: noise(count) };
      await drive(decoderStep(recorder.watched<Gates<ServerWire, Words>>(), plan, states[party], step, wire), {
        ...here,
        correlate: () => Promise.resolve(contexts[party].use(0, new Section(section))),
        send: () => undefined,
        receive: (_lane, _layer, _round, length) =>
          Promise.resolve(new Uint8Array(noise(Math.ceil(length / 8)).buffer, 0, length)),
      });
    }
  }
  return servers[0].calls.map((call, i): GateCall => {
    const { section } = dealer.calls[i];
    return {
      call,
      offlineBytes: section.length,
      server0: () => servers[0].repeat(call),
      server1() {
        contexts[1].use(0, new Section(section));
        servers[1].repeat(servers[1].calls[i]);
      },
      dealer: () => dealer.repeat(dealer.calls[i]),
    };
  });
}

async function serverWeights(
  kernels: Kernels,
  { manifest, seeds }: Provisioned,
  tensors: readonly MaskedTensor[],
): Promise<ServerMatrices[]> {
  const { plan } = manifest;
  const weights = [
    new ServerMatrices(kernels, plan, 0, seeds.seed0),
    new ServerMatrices(kernels, plan, 1, seeds.seed1),
  ];
  for (const matrices of weights) for (const tensor of tensors) await matrices.add(tensor);
  return weights;
}
