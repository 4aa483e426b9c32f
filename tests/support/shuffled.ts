/** The shuffle's programs of all three parties in one thread, message by message, on words that a test may choose. */
import type { Role } from '../../ts/core/config.js';
import {
  type ShuffleEffect,
  type ShuffleProgram,
  shuffleDealer,
  shuffleServer0,
  shuffleServer1,
} from '../../ts/epoch/shuffle.js';
import { EpochStream } from '../../ts/epoch/stream.js';
import type { MovedTensor } from '../../ts/epoch/tensors.js';
import type { Kernels } from '../../ts/kernels/load.js';
import type { Epoch } from '../../ts/plan/epoch.js';
import type { Plan } from '../../ts/plan/formats.js';
import type { LayerOrder } from '../../ts/provision/owned.js';
import type { Words } from '../../ts/wires/wire.js';
import { keyOf } from './lockstep.js';

/** What a test replaces of what a pair draws. */
export interface Chosen {
  readonly orders?: (drawn: LayerOrder[]) => LayerOrder[];
  readonly noise?: (drawn: Words, tensor: MovedTensor) => Words;
  readonly fresh?: (drawn: Words, tensor: MovedTensor) => Words;
}

class ChosenStream extends EpochStream {
  constructor(
    kernels: Kernels,
    key: Uint8Array,
    private readonly chosen: Chosen,
  ) {
    super(kernels, key);
  }
  override orders(plan: Plan, epoch: Epoch): LayerOrder[] {
    const drawn = super.orders(plan, epoch);
    return this.chosen.orders?.(drawn) ?? drawn;
  }
  override noise(epoch: Epoch, tensor: MovedTensor): Words {
    const drawn = super.noise(epoch, tensor);
    return this.chosen.noise?.(drawn, tensor) ?? drawn;
  }
  override fresh(epoch: Epoch, tensor: MovedTensor): Words {
    const drawn = super.fresh(epoch, tensor);
    return this.chosen.fresh?.(drawn, tensor) ?? drawn;
  }
}

/** Pairs by the permutation that they know. */
export type PairName = 'a' | 'b' | 'c';
export const KEYS: Readonly<Record<PairName, Uint8Array>> = { a: keyOf(1), b: keyOf(2), c: keyOf(3) };

export interface ShuffleWorld {
  readonly kernels: Kernels;
  readonly plan: Plan;
  /** `F` of a tensor, and `L`. */
  readonly masked: (tensor: MovedTensor) => Words;
  readonly mask: (tensor: MovedTensor) => Words;
  /** Kernels of a role, for spies. */
  readonly kernelsOf?: (role: Role) => Kernels;
}

export const nameOf = ({ layer, name }: MovedTensor): string => `${layer}.${name}`;

/** Where a tensor is now, at each party. */
export interface Stored {
  readonly tensor: MovedTensor;
  readonly servers: { masked: Words; share: Words }[];
  mask: Words;
}

/** Runs a shuffle. `sent` has everything that was sent, by receiver and tensor: the dealer's, then that of the other server, in order. */
export function runShuffle(world: ShuffleWorld, epoch: Epoch, chosen: Partial<Record<PairName, Chosen>> = {}) {
  const sent: Record<string, Map<string, Words[]>> = { server0: new Map(), server1: new Map(), dealer: new Map() };
  const stored = new Map<string, Stored>();
  const queues = new Map<string, Words[]>();
  const queue = (from: string, to: string): Words[] => {
    const name = `${from} ${to}`;
    if (!queues.has(name)) queues.set(name, []);
    return queues.get(name)!;
  };
  const kernels = (role: Role): Kernels => world.kernelsOf?.(role) ?? world.kernels;
  const stream = (role: Role, pair: PairName): EpochStream =>
    new ChosenStream(kernels(role), KEYS[pair], chosen[pair] ?? {});
  const shuffle = (role: Role) => ({ kernels: kernels(role), plan: world.plan, epoch });
  const programs: [Role, ShuffleProgram][] = [
    ['server0', shuffleServer0(shuffle('server0'), stream('server0', 'a'), stream('server0', 'c'))],
    ['server1', shuffleServer1(shuffle('server1'), stream('server1', 'b'), stream('server1', 'c'))],
    ['dealer', shuffleDealer(shuffle('dealer'), [stream('dealer', 'a'), stream('dealer', 'b')])],
  ];
  /** What an effect resumes with, or undefined where it has to wait. */
  const answer = (role: Role, effect: ShuffleEffect): Words | undefined => {
    if (effect.kind === 'rest') return new BigUint64Array(0);
    const { tensor } = effect;
    if (effect.kind === 'load') return role === 'dealer' ? world.mask(tensor) : world.masked(tensor);
    if (effect.kind === 'receive') return queue(effect.from, role).shift();
    if (effect.kind === 'send') {
      const seen = sent[effect.to];
      const before = seen.get(nameOf(tensor)) ?? [];
      seen.set(nameOf(tensor), role === 'dealer' ? [effect.words, ...before] : [...before, effect.words]);
      queue(role, effect.to).push(effect.words);
    } else {
      const at = stored.get(nameOf(tensor)) ?? { tensor, servers: [], mask: new BigUint64Array(0) };
      stored.set(nameOf(tensor), at);
      if (role === 'dealer') at.mask = effect.words;
      else at.servers[role === 'server0' ? 0 : 1] = { masked: effect.words, share: effect.share! };
    }
    return new BigUint64Array(0);
  };
  const steps = programs.map(([, program]) => program.next());
  while (steps.some(({ done }) => !done)) {
    let moved = false;
    for (const [i, [role, program]] of programs.entries()) {
      const step = steps[i];
      if (step.done) continue;
      const words = answer(role, step.value);
      if (!words) continue;
      steps[i] = program.next(words);
      moved = true;
    }
    if (!moved) throw new Error('the parties wait for each other');
  }
  return { sent, stored };
}
