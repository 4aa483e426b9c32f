/**
 * A server's side of one session: for every input of the client it walks the decoder program with its peer and the dealer's tape, and
 * returns its share of the hidden state, re-randomised with a zero share so that the two shares tell the client nothing but their sum.
 */
import { INPUT_LAYER, nonce, OP } from '../core/address.js';
import { CometError } from '../core/errors.js';
import { type CountMacs, ServerContext } from '../gates/context.js';
import { ServerGates, type ServerWeights } from '../gates/server.js';
import type { Tables } from '../gates/tables.js';
import type { Kernels } from '../kernels/load.js';
import { decoderStep, FINAL_OP, type StepShape } from '../model/decoder.js';
import type { Plan } from '../model/plan.js';
import type { Link } from '../net/link.js';
import { drive } from '../schedule/drive.js';
import type { Exchange } from '../wires/effects.js';
import { packedBytes, Section } from '../wires/section.js';
import type { ServerWire, Words } from '../wires/wire.js';
import { Inbox } from './inbox.js';

/** What is common to all sessions of a server: loaded once. */
export interface ServerModel {
  readonly kernels: Kernels;
  readonly party: 0 | 1;
  readonly plan: Plan;
  readonly weights: ServerWeights;
  readonly tables: Tables;
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
  readonly maxRows: number;
  readonly signal?: AbortSignal;
  /** Sees the opened wires; for transcripts. */
  readonly onOpened?: (step: StepShape, exchange: Exchange, opened: readonly Words[]) => void;
  readonly onMacs?: CountMacs;
  /** Wraps the gates; for measurements. */
  readonly wrap?: <T extends object>(gates: T) => T;
  /** Called after every step. */
  readonly onStep?: (step: StepShape) => void;
}

/** Serves a session until the client says bye. */
export async function serveSession(model: ServerModel, session: ServerSession): Promise<void> {
  const { kernels, plan, party } = model;
  const context = new ServerContext(kernels, party, session.tapeKey, session.onMacs);
  const gates = new ServerGates(context, plan.shape, model.weights, model.tables);
  const walked = session.wrap?.(gates) ?? gates;
  const inbox = new Inbox(session.client, plan.shape.context, session.maxRows);
  try {
    for (;;) {
      const next = await inbox.nextInput();
      if (!next) return;
      const { step, payload } = next;
      const x = inputWire(model, context, session.clientKey, step, payload);
      const share = await drive(decoderStep<ServerWire, Words>(walked, plan, step, x), {
        kernels,
        signal: session.signal,
        correlate: (number, layer) => correlate(session, context, party, number, layer),
        exchange: (layer, round, bytes) => exchange(session.peer, step.step, layer, round, bytes),
        onOpened: session.onOpened && ((effect, opened) => session.onOpened?.(step, effect, opened)),
      });
      sendHidden(model, session, step, share);
      session.onStep?.(step);
    }
  } finally {
    gates.free();
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

/** Server 1 reads the section from the dealer and lets it send another; server 0 needs none. */
async function correlate(
  { dealer }: ServerSession,
  context: ServerContext,
  party: 0 | 1,
  step: number,
  layer: number,
): Promise<void> {
  if (party === 0) return;
  const frame = await dealer.expect('tape', { step, layer, round: 0 });
  context.use(new Section(frame.payload));
  dealer.send({ kind: 'credit', step, layer });
}

async function exchange(
  peer: Link,
  step: number,
  layer: number,
  round: number,
  payload: Uint8Array,
): Promise<Uint8Array> {
  peer.send({ kind: 'opening', step, layer, round, payload });
  return (await peer.expect('opening', { step, layer, round })).payload;
}

/** Every step is answered; one without outputs by an empty frame. */
function sendHidden(model: ServerModel, session: ServerSession, { step }: StepShape, share?: Words): void {
  const layer = model.plan.shape.layers;
  session.client.send({ kind: 'output', step, layer, payload: share && rerandomised(model, session, step, share) });
}

/** Adds this server's side of a zero share, so that the client learns the sum of both shares and nothing else. */
function rerandomised(
  { kernels, party, plan }: ServerModel,
  { zeroKey }: ServerSession,
  step: number,
  share: Words,
): Uint8Array {
  const { kOut } = plan.final;
  const at = nonce({ step, layer: plan.shape.layers, op: FINAL_OP.hidden }, 0);
  const zero = kernels.prgWords(zeroKey, at, 0, share.length, kOut);
  const fresh = party === 0 ? kernels.addWords(share, zero) : kernels.subWords(share, zero);
  return kernels.packWords(fresh, kOut);
}
