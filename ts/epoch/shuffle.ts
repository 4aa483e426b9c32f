/**
 * The three-way oblivious shuffle (docs/epochs.md): masked weights `F = W + L` become `F' = c(b(a(W))) + L'` under an order that nobody
 * knows. Server 0 and the dealer know `a`, server 1 and the dealer `b`, the servers `c`. Three words cross between the servers and one
 * comes from the dealer, for each word that moves:
 *
 *     S0 -> S1   Fa = a(F) + R                 R from the key of S0 and D
 *     D  -> S0   E  = b(a(L) + R) + V          V from the key of S1 and D
 *     S0 -> S1   L'0 - c(E)
 *     S1 -> S0   c(b(Fa) + V) + L'1            the last two add up to F'
 *
 * # Warning
 * Who knows `a` moves memory by it: its cache lines show it to whoever shares its processor.
 */
import type { Role } from '../core/config.js';
import type { Kernels } from '../kernels/load.js';
import type { Epoch } from '../plan/epoch.js';
import type { Plan } from '../plan/formats.js';
import type { LayerOrder } from '../provision/owned.js';
import { permuted } from '../weights/permutation.js';
import type { Words } from '../wires/wire.js';
import type { EpochStream } from './stream.js';
import { type MovedTensor, movedTensors } from './tensors.js';

/** What a program asks for; all but the first two are resumed with nothing. */
export type ShuffleEffect =
  /** The words of a tensor as this party holds it: `F`, or `L`. */
  | { readonly kind: 'load'; readonly tensor: MovedTensor }
  /** As many words of a peer. */
  | { readonly kind: 'receive'; readonly from: Role; readonly tensor: MovedTensor; readonly content: Content }
  | { readonly kind: 'send'; readonly to: Role; readonly tensor: MovedTensor; readonly words: Words }
  /** What takes the tensor's place: a server's `F'` and its share `W'i`, or the dealer's `L'`. */
  | { readonly kind: 'store'; readonly tensor: MovedTensor; readonly words: Words; readonly share?: Words }
  /** Long work lies behind, and before: whoever runs the program may do something else. */
  | { readonly kind: 'rest' };

/** All words of a tensor, or none: server 0's word that the dealer may send another. */
export type Content = 'words' | 'nothing';

export type ShuffleProgram = Generator<ShuffleEffect, void, Words>;

/** What all programs are made from. */
export interface Shuffle {
  readonly kernels: Kernels;
  readonly plan: Plan;
  readonly epoch: Epoch;
}

const receive = (from: Role, tensor: MovedTensor, content: Content = 'words') =>
  ({ kind: 'receive', from, tensor, content }) as const;
const send = (to: Role, tensor: MovedTensor, words: Words) => ({ kind: 'send', to, tensor, words }) as const;
const REST = { kind: 'rest' } as const;
const moved = (words: Words, { block, order }: MovedTensor, orders: readonly LayerOrder[]): Words =>
  permuted(words, block, order(orders));

/** @param dealer what it draws with the dealer, @param peer and with server 1 */
export function* shuffleServer0(
  { kernels, plan, epoch }: Shuffle,
  dealer: EpochStream,
  peer: EpochStream,
): ShuffleProgram {
  const [a, c] = [dealer.orders(plan, epoch), peer.orders(plan, epoch)];
  yield* overlapping(movedTensors(plan, epoch), {
    *begin(tensor) {
      const masked = moved(yield { kind: 'load', tensor }, tensor, a);
      yield REST;
      yield send('server1', tensor, kernels.addWords(masked, dealer.noise(epoch, tensor)) as Words);
    },
    *finish(tensor) {
      const dealt = moved(yield receive('dealer', tensor), tensor, c);
      yield send('dealer', tensor, new BigUint64Array(0));
      const half = dealer.fresh(epoch, tensor);
      yield REST;
      const mine = kernels.subWords(half, dealt) as Words;
      yield send('server1', tensor, mine);
      const words = kernels.addWords(mine, yield receive('server1', tensor)) as Words;
      yield { kind: 'store', tensor, words, share: kernels.subWords(words, half) as Words };
    },
  });
}

/** @param dealer what it draws with the dealer, @param peer and with server 0 */
export function* shuffleServer1(
  { kernels, plan, epoch }: Shuffle,
  dealer: EpochStream,
  peer: EpochStream,
): ShuffleProgram {
  const [b, c] = [dealer.orders(plan, epoch), peer.orders(plan, epoch)];
  yield* overlapping(movedTensors(plan, epoch), {
    *begin(tensor) {
      const twice = moved(yield receive('server0', tensor), tensor, b);
      yield REST;
      const hidden = kernels.addWords(twice, dealer.noise(epoch, tensor)) as Words;
      yield REST;
      const ordered = moved(hidden, tensor, c);
      yield REST;
      const half = dealer.fresh(epoch, tensor);
      const mine = kernels.addWords(ordered, half) as Words;
      yield send('server0', tensor, mine);
      return { half, mine };
    },
    *finish(tensor, { half, mine }) {
      const words = kernels.addWords(mine, yield receive('server0', tensor)) as Words;
      yield { kind: 'store', tensor, words, share: kernels.negWords(half) as Words };
    },
  });
}

/** @param servers what it draws with each */
export function* shuffleDealer(
  { kernels, plan, epoch }: Shuffle,
  servers: readonly [EpochStream, EpochStream],
): ShuffleProgram {
  const [a, b] = servers.map((server) => server.orders(plan, epoch));
  yield* overlapping(movedTensors(plan, epoch), {
    *begin(tensor) {
      const mask = moved(yield { kind: 'load', tensor }, tensor, a);
      yield REST;
      const once = kernels.addWords(mask, servers[0].noise(epoch, tensor)) as Words;
      yield REST;
      const twice = moved(once, tensor, b);
      yield REST;
      yield send('server0', tensor, kernels.addWords(twice, servers[1].noise(epoch, tensor)) as Words);
      const half0 = servers[0].fresh(epoch, tensor);
      yield REST;
      const half1 = servers[1].fresh(epoch, tensor);
      yield REST;
      yield { kind: 'store', tensor, words: kernels.addWords(half0, half1) as Words };
    },
    // Two tensors at most are on their way, or wait at server 0.
    *finish(tensor) {
      yield receive('server0', tensor, 'nothing');
    },
  });
}

/** What is done with a tensor before the next is begun, and after. */
interface Halves<T> {
  begin(tensor: MovedTensor): Generator<ShuffleEffect, T, Words>;
  finish(tensor: MovedTensor, begun: T): ShuffleProgram;
}

/** One tensor is begun before the last is finished, so that the parties seldom wait for each other. */
function* overlapping<T>(tensors: readonly MovedTensor[], { begin, finish }: Halves<T>): ShuffleProgram {
  let last: { tensor: MovedTensor; begun: T } | undefined;
  for (const tensor of tensors) {
    const begun = yield* begin(tensor);
    if (last) yield* finish(last.tensor, last.begun);
    last = { tensor, begun };
  }
  if (last) yield* finish(last.tensor, last.begun);
}
