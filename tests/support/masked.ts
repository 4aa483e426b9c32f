/** Words of masked tensors, which travel as bytes. */
import type { Kernels } from '../../ts/kernels/load.js';
import type { Plan } from '../../ts/plan/formats.js';
import { type MaskedTensor, type TensorId, wordBits } from '../../ts/weights/tensors.js';
import type { Words } from '../../ts/wires/wire.js';

/** The words of a whole tensor, or of a piece. */
export function wordsOf(kernels: Kernels, plan: Plan, { bytes, ...id }: MaskedTensor): Words {
  const bits = wordBits(plan, id);
  return kernels.unpackWords(bytes, bits, bytes.length / (bits / 8)) as Words;
}

/** Words as a tensor's are kept. */
export const keptOf = (plan: Plan, id: TensorId, words: BigUint64Array): Words =>
  words.map((word) => BigInt.asUintN(wordBits(plan, id), word)) as Words;
