/**
 * The dealer's side of one session: it walks the announced steps ahead of the servers and streams server 1's halves, at most a window of
 * bytes ahead (protocol section 5). What it receives are lengths and credits: nothing that depends on the prompt.
 */
import { type Address, INPUT_LAYER, nonce, OP } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { release } from '../core/release.js';
import { Ahead } from '../gates/ahead.js';
import { type CountMacs, DealerContext, PART } from '../gates/context.js';
import { type Absorbed, DealerGates } from '../gates/dealer.js';
import type { Tables } from '../gates/tables.js';
import type { Kernels } from '../kernels/load.js';
import type { FrameAddress } from '../net/frame.js';
import type { Link } from '../net/link.js';
import { type EpochBegun } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import { hasManyRows, type StepShape } from '../plan/step.js';
import { DecoderState, decoderStep } from '../program/decoder.js';
import type { Batcher } from '../run/batch.js';
import { drive, type Surroundings } from '../run/drive.js';
import type { DealerMatrices } from '../weights/dealer-weights.js';
import { Early } from '../wires/early.js';
import type { SectionPart } from '../wires/effects.js';
import { packedBytes } from '../wires/section.js';
import type { DealerWire, Words } from '../wires/wire.js';
import { Epochs } from './epochs.js';
import { type Awaiting, Inbox } from './inbox.js';
import type { StepLimits } from './step-counter.js';
import { Window } from './window.js';

/** What is common to all sessions of a dealer: loaded once. */
export interface DealerModel {
  readonly kernels: Kernels;
  readonly plan: Plan;
  readonly weights: DealerMatrices;
  readonly tables: Tables;
  /** Where all sessions compute their products. */
  readonly batcher: Batcher;
}

/** One session. Keys are 32 bytes; index i belongs to server i. */
export interface DealerSession {
  readonly client: Link;
  readonly server0: Link;
  readonly server1: Link;
  readonly tapeKeys: readonly [Uint8Array, Uint8Array];
  readonly clientKeys: readonly [Uint8Array, Uint8Array];
  readonly limits: StepLimits;
  /** Bytes that may be on their way or waiting at server 1. */
  readonly windowBytes: number;
  readonly signal?: AbortSignal;
  readonly onMacs?: CountMacs;
  /** Called when an epoch has begun. */
  readonly onEpoch?: (epoch: EpochBegun) => void;
  /** Waits for the client; for measurements. */
  readonly awaiting?: Awaiting;
  /** Wraps the gates; for measurements. */
  readonly wrap?: <T extends object>(gates: T) => T;
  /** Sees the size of every dealt entry. */
  readonly onDeal?: (at: Address, bytes: number) => void;
}

/** Deals for a session until the client says bye. */
export async function dealSession(model: DealerModel, session: DealerSession): Promise<void> {
  const { kernels, plan } = model;
  const ahead = new Ahead(() => inbox.coming);
  const context = new DealerContext(kernels, ...session.tapeKeys, session.onDeal, session.onMacs, ahead);
  const { server0, tapeKeys, signal, onEpoch } = session;
  const epochs = Epochs.ofDealer(model.weights, tapeKeys, { kernels, plan, links: { server0 }, signal, onEpoch });
  const gates = new DealerGates(context, plan.shape, epochs.weights, model.tables);
  const walked = session.wrap?.(gates) ?? gates;
  const onStep = ({ epoch }: StepShape): void => epochs.announced(epoch);
  const inbox = new Inbox(session.client, plan, session.limits, onStep, session.awaiting);
  const window = new Window(session.server1, session.windowBytes, session.limits.frameBytes);
  const state = new DecoderState<DealerWire>(plan);
  const seat = model.batcher.seat();
  const inputs = new Early();
  try {
    for (;;) {
      const step = await inbox.nextStep();
      if (!step) return;
      await epochs.reach(step.epoch);
      ahead.begin(step);
      let open: { layer: number; part: SectionPart } | undefined;
      const finish = async (): Promise<void> => {
        if (open) await window.send({ step: step.step, ...open, manyRows: hasManyRows(step) }, context.finish());
        open = undefined;
      };
      const x = inputWire(model, session, inputs, step);
      const program = decoderStep<DealerWire, Absorbed>(walked, plan, state, step, x);
      const surroundings: Surroundings = {
        kernels,
        signal,
        compute: seat.compute,
        correlate: async (_step, layer, part) => {
          await finish();
          open = { layer, part };
        },
        reveal: async (number, layer, count) => {
          const bits = await revealed(server0, window, { step: number, layer, round: 0 }, packedBytes(count, 1));
          return kernels.unpackWords(bits, 1, count) as Words;
        },
        send: () => undefined,
        receive: () => Promise.reject(new Error('the dealer takes no part in openings')),
      };
      await seat.during({ rows: step.rows, shared: !step.epoch?.number }, () => drive(program, surroundings));
      await finish();
      release(x.mask);
    }
  } finally {
    gates.free();
    await epochs.free();
  }
}

/** What both servers opened, which must be the same: one answer to two sets would show what they differ in. */
async function revealed(server0: Link, window: Window, at: FrameAddress, length: number): Promise<Uint8Array> {
  const [first, second] = [await server0.expect('reveal', at), await window.receive()];
  const due = second.kind === 'reveal' && second.step === at.step && second.layer === at.layer;
  if (!due || first.payload.length !== length || !equalBytes(first.payload, second.payload))
    throw new CometError('E_FRAME', `the servers did not name the same set in step ${at.step}, layer ${at.layer}`);
  return first.payload;
}

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && a.every((byte, i) => byte === b[i]);

function inputWire(
  { kernels, plan }: DealerModel,
  { clientKeys }: DealerSession,
  inputs: Early,
  { step, rows }: StepShape,
): DealerWire {
  const cols = plan.shape.width;
  const at = (of: number): Address => ({ step: of, layer: INPUT_LAYER, op: OP.input });
  const maskOf = (of: number): Words => {
    const [half0, half1] = clientKeys.map((key) => kernels.prgWords(key, nonce(at(of), 0), 0, rows * cols, plan.wx));
    const mask = kernels.joinWords(half0, half1, plan.wx) as Words;
    release(half0, half1);
    return mask;
  };
  const mask = inputs.take(at(step), PART.mask, () => maskOf(step));
  const later = (of: number): Words | undefined => inputs.see(at(of), PART.mask, () => maskOf(of));
  return { rows, cols, width: plan.wx, scale: plan.sx, mask, later };
}
