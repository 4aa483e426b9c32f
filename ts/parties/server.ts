/**
 * A server's side of one session: for every input of the client it walks the decoder program with its peer and the dealer's tape, and
 * returns its share of the hidden state, re-randomised with a zero share so that the two shares tell the client nothing but their sum.
 */
import { concatBytes } from '@noble/hashes/utils.js';
import { INPUT_LAYER, nonce, OP } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { release } from '../core/release.js';
import { Ahead } from '../gates/ahead.js';
import { type CountMacs, ServerContext } from '../gates/context.js';
import { ServerGates } from '../gates/server.js';
import type { Tables } from '../gates/tables.js';
import type { Kernels } from '../kernels/load.js';
import type { Link } from '../net/link.js';
import { type EpochBegun } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { StepShape } from '../plan/step.js';
import { type Check, DecoderState, decoderStep, FINAL_OP, type StepShares } from '../program/decoder.js';
import type { Batcher } from '../run/batch.js';
import { drive, type Surroundings } from '../run/drive.js';
import type { ServerMatrices } from '../weights/server-weights.js';
import { type Exchange, type Lane, SECTION } from '../wires/effects.js';
import { packedBytes, type Section } from '../wires/section.js';
import type { ServerWire, Words } from '../wires/wire.js';
import { Epochs } from './epochs.js';
import { type Awaiting, Inbox } from './inbox.js';
import type { StepLimits } from './step-counter.js';
import { Tape } from './tape.js';

/** What is common to all sessions of a server: loaded once. */
export interface ServerModel {
  readonly kernels: Kernels;
  readonly party: 0 | 1;
  readonly plan: Plan;
  readonly weights: ServerMatrices;
  readonly tables: Tables;
  /** Where all sessions compute their products. */
  readonly batcher: Batcher;
}

/** One session. Keys are 32 bytes. */
export interface ServerSession {
  readonly client: Link;
  readonly peer: Link;
  readonly dealer: Link;
  /** Shared with the dealer. */
  readonly tapeKey: Uint8Array;
  /** Shared with the other server. */
  readonly zeroKey: Uint8Array;
  /** Drawn by the client for this server. */
  readonly clientKey: Uint8Array;
  readonly limits: StepLimits;
  readonly signal?: AbortSignal;
  /** Sees the opened wires; for transcripts. */
  readonly onOpened?: (step: StepShape, exchange: Exchange, opened: readonly Words[]) => void;
  readonly onMacs?: CountMacs;
  /** Waits for the client; for measurements. */
  readonly awaiting?: Awaiting;
  /** Wraps the gates; for measurements. */
  readonly wrap?: <T extends object>(gates: T) => T;
  /** Called when an epoch has begun. */
  readonly onEpoch?: (epoch: EpochBegun) => void;
  /** Called after every step. */
  readonly onStep?: (step: StepShape) => void;
}

/** Serves a session until the client says bye. */
export async function serveSession(model: ServerModel, session: ServerSession): Promise<void> {
  const { kernels, plan, party } = model;
  const { client, peer, dealer, tapeKey, zeroKey, signal, onEpoch, onMacs } = session;
  const tape = new Tape(dealer);
  const ahead = new Ahead(() => inbox.coming);
  const arrived = (step: number, layer: number): Section | undefined => tape.arrived(step, layer);
  const context = new ServerContext(kernels, party, tapeKey, zeroKey, onMacs, ahead, arrived);
  const links = { dealer, [party === 0 ? 'server1' : 'server0']: peer };
  const at = { kernels, plan, links, signal, onEpoch };
  const epochs = Epochs.ofServer(party, model.weights, tapeKey, zeroKey, at);
  const gates = new ServerGates(context, plan.shape, epochs.weights, model.tables);
  const walked = session.wrap?.(gates) ?? gates;
  const state = new DecoderState<ServerWire>(plan);
  const seat = model.batcher.seat();
  const inbox = new Inbox(client, plan, session.limits, ({ epoch }) => epochs.announced(epoch), session.awaiting);
  try {
    for (;;) {
      const next = await inbox.nextInput();
      if (!next) return;
      const { step, payload } = next;
      await epochs.reach(step.epoch);
      ahead.begin(step);
      const x = inputWire(model, context, session.clientKey, step, payload);
      const program = decoderStep<ServerWire, Words>(walked, plan, state, step, x);
      const surroundings: Surroundings = {
        kernels,
        signal,
        compute: seat.compute,
        correlate: async (number, layer, part) => {
          // Server 0 needs none.
          if (party === 1) context.use(layer, await tape.next(number, layer, part), part === SECTION.refill);
        },
        onRevealed: (layer, bits) => dealer.send({ kind: 'reveal', step: step.step, layer, payload: bits }),
        send: (lane, layer, round, payload) => peer.send({ kind: lane, step: step.step, layer, round, payload }),
        receive: async (lane, layer, round) => {
          const theirs = await received(peer, lane, step.step, layer, round);
          seat.moved();
          return theirs;
        },
        onOpened: session.onOpened && ((effect, opened) => session.onOpened?.(step, effect, opened)),
      };
      const shares = await seat.during({ rows: step.rows, shared: !step.epoch?.number }, () =>
        drive(program, surroundings),
      );
      release(x.m, x.half);
      sendOutput(model, session, step, shares);
      session.onStep?.(step);
    }
  } finally {
    gates.free();
    await epochs.free();
  }
}

/** The client's masked rows as a wire; its halves come from the key that the client drew for this server. */
function inputWire(
  { kernels, plan }: ServerModel,
  context: ServerContext,
  key: Uint8Array,
  step: StepShape,
  payload: Uint8Array,
): ServerWire {
  const { rows } = step;
  const cols = plan.shape.width;
  const expected = packedBytes(rows * cols, plan.wx);
  if (payload.length !== expected)
    throw new CometError('E_FRAME', `an input of ${rows} rows has ${payload.length} bytes instead of ${expected}`);
  const at = { step: step.step, layer: INPUT_LAYER, op: OP.input };
  const m = kernels.unpackWords(payload, plan.wx, rows * cols) as Words;
  return { rows, cols, width: plan.wx, scale: plan.sx, m, half: context.clientHalf(key, at, rows * cols, plan.wx) };
}

async function received(peer: Link, lane: Lane, step: number, layer: number, round: number): Promise<Uint8Array> {
  return (await peer.expect(lane, { step, layer, round })).payload;
}

/** Every step is answered: by hidden states where it outputs any, and by the bits that tell whether every softmax stayed in its range. */
function sendOutput(
  model: ServerModel,
  session: ServerSession,
  { step, rows }: StepShape,
  shares: StepShares<Words>,
): void {
  const { kernels, plan } = model;
  const layer = plan.shape.layers;
  const { kOut } = plan.final;
  const zero = (op: number, count: number, width: number): Words =>
    kernels.prgWords(session.zeroKey, nonce({ step, layer, op }, 0), 0, count, width) as Words;
  const hidden = shares.hidden ?? new BigUint64Array(0);
  const masks = zero(FINAL_OP.hidden, hidden.length, kOut);
  const fresh = model.party === 0 ? kernels.addWords(hidden, masks) : kernels.subWords(hidden, masks);
  const checks = concatWords(shares.checks.map((check) => allChecks(model, rows, check)));
  const bits = kernels.xorWords(checks, zero(FINAL_OP.checks, checks.length, 1));
  const parts = [kernels.packWords(fresh, kOut), kernels.packWords(bits, 1)];
  session.client.send({ kind: 'output', step, layer, payload: concatBytes(...parts) });
}

/** One bit for every row and head, so that sizes do not depend on sets: a head that is not active is in order. */
function allChecks({ party, plan }: ServerModel, rows: number, { share, active }: Check<Words>): Words {
  const { heads } = plan.shape;
  const all = new BigUint64Array(rows * heads).fill(party === 0 ? 1n : 0n);
  for (const [i, row] of active.rows.entries()) all[row * heads + active.heads[i]] = share[i];
  return all;
}

function concatWords(parts: readonly Words[]): Words {
  const all = new BigUint64Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((at, part) => (all.set(part, at), at + part.length), 0);
  return all;
}
