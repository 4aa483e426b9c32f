/**
 * The frames of one shuffle at one party (docs/epochs.md). They travel beside the frames of steps, on the same links: so another one is sent
 * only when what was sent before has left, and between any two the party may do something else.
 */
import type { Role } from '../core/config.js';
import { CometError } from '../core/errors.js';
import { pause } from '../core/pause.js';
import { chunksOf } from '../epoch/cost.js';
import type { ShuffleEffect } from '../epoch/shuffle.js';
import type { MovedTensor } from '../epoch/tensors.js';
import type { Kernels } from '../kernels/load.js';
import { type Frame, type FrameAddress, HEADER_BYTES } from '../net/frame.js';
import type { Link } from '../net/link.js';
import type { Epoch } from '../plan/epoch.js';
import { packedBytes } from '../wires/section.js';
import type { Words } from '../wires/wire.js';

export type Links = Readonly<Partial<Record<Role, Link>>>;

/** Most bytes that may wait to be sent when another frame of a shuffle is: what the frames of steps that come next wait behind. */
const UNSENT = 2 ** 16;

export class ShuffleFrames {
  /** Carried so far, with headers. */
  bytes = 0;
  /** How many went each way in each layer. */
  readonly #counts = new Map<string, number>();

  constructor(
    private readonly kernels: Kernels,
    private readonly links: Links,
    private readonly epoch: Epoch,
    private readonly signal: AbortSignal,
  ) {}

  async send({ to, tensor, words }: Extract<ShuffleEffect, { kind: 'send' }>): Promise<void> {
    const link = this.links[to]!;
    let at = 0;
    for (const count of framesOf(tensor, words.length > 0)) {
      await link.drained(this.signal, UNSENT);
      const payload = this.kernels.packWords(words.subarray(at, at + count), tensor.bits);
      link.send({ kind: 'shuffle', ...this.#address(`to ${to}`, tensor), payload });
      this.bytes += HEADER_BYTES + payload.length;
      at += count;
      await pause(this.signal);
    }
  }

  /** @throws CometError E_FRAME for another frame, or one of another length. */
  async receive({ from, tensor, content }: Extract<ShuffleEffect, { kind: 'receive' }>): Promise<Words> {
    const counts = framesOf(tensor, content === 'words');
    const words = new BigUint64Array(counts.reduce((sum, count) => sum + count, 0));
    let at = 0;
    for (const count of counts) {
      const address = this.#address(`from ${from}`, tensor);
      const { payload } = await this.links[from]!.expect('shuffle', address, this.signal);
      const expected = packedBytes(count, tensor.bits);
      if (payload.length !== expected) throw otherLength(from, payload, expected);
      words.set(this.kernels.unpackWords(payload, tensor.bits, count), at);
      at += count;
      this.bytes += HEADER_BYTES + payload.length;
    }
    return words;
  }

  #address(direction: string, { layer }: MovedTensor): FrameAddress {
    const name = `${direction} ${layer}`;
    const round = this.#counts.get(name) ?? 0;
    this.#counts.set(name, round + 1);
    return { step: this.epoch.number, layer, round };
  }
}

/** Words of each frame; what has none goes in one frame, too. */
const framesOf = (tensor: MovedTensor, full: boolean): readonly number[] => (full ? chunksOf(tensor) : [0]);

const otherLength = (from: Role, { length }: Frame['payload'], expected: number): CometError =>
  new CometError(
    'E_FRAME',
    `${from} sent ${length} bytes of weights instead of ${expected}; all parties must run the same version and plan`,
  );
