/**
 * Secret wire times static weights (protocol section 3). Secret ones: with `F = W + L` public to both servers, `W0 = F - L0`, `W1 = -L1`, a
 * server's share is `m Wi - half_i F + gamma_i`, `gamma = mask L` from the dealer. No traffic before the opening. Which of the weights
 * take part is public by then: all, some heads' columns or rows, or chosen neurons (Comet section 5: sparse output, sparse input).
 *
 * Public ones have no mask: server 0's share is `m W - half_0 W`, server 1's `-half_1 W`, and the dealer takes no part.
 */
import type { Address } from '../core/address.js';
import { release } from '../core/release.js';
import type { Multiplier, Product, Program, RowsMultiplier } from '../wires/effects.js';
import type { DealerWire, Format, Later, ServerWire, Words } from '../wires/wire.js';
import type { Ahead } from './ahead.js';
import { type DealerContext, PART, type ServerContext } from './context.js';
import { type Cost, dealt, multiplied, total } from './cost.js';
import { Job, MatrixName, RowsName } from './product-spec.js';
import type { PairRuns } from './sets.js';
import { apart, type Task, together } from './together.js';

/** The weights that jobs name, as one party multiplies by them. */
export interface Weights<M, R> {
  matrix(layer: number, name: MatrixName): M;
  rows(layer: number, name: RowsName): R;
}

/** Secret weights as a server has them. */
export interface Masked<M> {
  /** `Wi`. */
  readonly share: M;
  /** `F`. */
  readonly masked: M;
}

/** Public weights. */
export interface Public<M> {
  readonly open: M;
}

/** How many results a job has. */
function countOf(job: Job, x: Pick<Format, 'rows'>): number {
  if (job.kind === 'dense') return x.rows * job.cols;
  if (job.kind === 'columns') return job.rows.length * job.size;
  if (job.kind === 'blocks') return job.count * job.cols;
  return job.kind === 'dots' ? job.pairs.neurons.length : job.pairs.rows * job.cols;
}

/** Multiply-accumulates of one pass. */
function macsOf(job: Job, x: Format): number {
  if (job.kind === 'columns') return job.rows.length * job.size * x.cols;
  if (job.kind === 'dots') return job.pairs.neurons.length * x.cols;
  return x.rows * x.cols * job.cols;
}

function run(job: Job, weights: Multiplier | RowsMultiplier, x: Words, rows: number): Words | Promise<Words> {
  if (ofRows(job)) {
    const vectors = weights as RowsMultiplier;
    const { starts, neurons } = job.pairs;
    return job.kind === 'dots'
      ? vectors.dots(x, rows, starts, neurons)
      : vectors.combine(x, job.pairs.rows, starts, neurons);
  }
  const matrix = weights as Multiplier;
  if (job.kind === 'dense') return matrix.mul(x, rows);
  if (job.kind === 'columns') return matrix.mulColumnBlocks(x, rows, job.rows, job.blocks, job.size);
  return matrix.mulRowBlocks(x, job.count, job.rows, job.blocks);
}

/** A job's product with weights, and with those of other jobs. */
class JobProduct implements Product {
  constructor(
    readonly weights: Multiplier | RowsMultiplier,
    private readonly task: Task,
  ) {}

  get rows(): number {
    const { job, rows } = this.task;
    if (job.kind === 'blocks') return job.count;
    return job.kind === 'combine' ? job.pairs.rows : rows;
  }

  run(): Words | Promise<Words> {
    const { job, x, rows } = this.task;
    return run(job, this.weights, x, rows);
  }

  runWith(others: readonly JobProduct[]): Words[] | Promise<Words[]> {
    const tasks = [this, ...others].map(({ task }) => task);
    const { job, x, rows } = together(tasks);
    const lengths = tasks.map((task) => countOf(task.job, task));
    const words = run(job, this.weights, x, rows);
    const parts = (all: Words): Words[] => {
      if (tasks.length > 1) release(x);
      return apart(all, lengths);
    };
    return words instanceof Promise ? words.then(parts) : parts(words);
  }
}

const ofRows = (job: Job): job is Extract<Job, { pairs: PairRuns }> => job.kind === 'dots' || job.kind === 'combine';

function pick<M, R>(weights: Weights<M, R>, layer: number, job: Job): M | R {
  return ofRows(job) ? weights.rows(layer, job.matrix) : weights.matrix(layer, job.matrix);
}

/** Whether it is the product of all of x with all of its weights: then it is the same job in every step of this shape. */
function isWhole(
  job: Job,
  weights: Multiplier | RowsMultiplier,
  x: Pick<Format, 'rows' | 'cols'>,
  rows: number,
): boolean {
  if (job.kind === 'blocks') return job.count === rows && job.rows.length * x.cols === rows * weights.rows;
  if (ofRows(job)) return job.pairs.rows === rows && job.pairs.neurons.length === rows * weights.rows;
  if (x.rows !== rows) return false;
  return job.kind === 'dense' || job.rows.length * job.size === rows * (weights as Multiplier).cols;
}

/** Matrices that predicted layers read whole, too. */
const PREDICTORS: readonly string[] = ['predictDown', 'predictUp'] satisfies (MatrixName | RowsName)[];

/** What of a product depends on masks only, `own` by the weights: computed before, or now together with that of steps to come ({@link Ahead}). */
class Foreseen {
  /** At most one. */
  readonly products: readonly Product[];
  readonly #known?: Words;
  readonly #steps: readonly number[] = [];
  readonly #lengths: readonly number[] = [];
  readonly #joint?: Words;

  constructor(
    private readonly at: Address,
    private readonly weights: Multiplier | RowsMultiplier,
    job: Job,
    own: Words,
    x: Format & { readonly later?: Later },
    private readonly ahead: Ahead | undefined,
  ) {
    const task: Task = { job, x: own, rows: x.rows };
    const steady = (ahead?.dense ?? false) || PREDICTORS.includes(job.matrix);
    if (!ahead || !x.later || !steady || !isWhole(job, weights, x, ahead.rows)) {
      this.products = [new JobProduct(weights, task)];
      return;
    }
    this.#known = ahead.take(at, weights);
    if (this.#known) {
      this.products = [];
      return;
    }
    const following = new Map<number, Task>();
    for (const step of ahead.following(at)) {
      const later = x.later(step);
      if (!later) break;
      following.set(step, { ...task, x: later });
    }
    const tasks = [task, ...following.values()];
    this.#steps = [...following.keys()];
    this.#lengths = tasks.map(() => countOf(job, x));
    const joint = together(tasks);
    if (joint !== task) this.#joint = joint.x;
    this.products = [new JobProduct(weights, joint)];
  }

  /** This step's result, out of those of {@link products}. */
  result([words]: readonly Words[]): Words {
    if (this.#known) return this.#known;
    if (!this.ahead || this.#lengths.length === 0) return words;
    release(this.#joint);
    const [own, ...others] = apart(words, this.#lengths);
    this.ahead.keep(this.at, this.weights, this.#steps, others);
    return own;
  }
}

type ServerWeights = Weights<Masked<Multiplier> | Public<Multiplier>, Masked<RowsMultiplier> | Public<RowsMultiplier>>;
/** The dealer has nothing of public weights. */
type DealerWeights = Weights<Multiplier | undefined, RowsMultiplier | undefined>;

/** What a server's products gave. Server 1 needs none of the opened wire with public weights. */
interface ServerProducts {
  readonly open: boolean;
  readonly online?: Words;
  /** Of this server's half of the wire's mask. */
  readonly offline: Words;
}

function* serverProducts(
  c: ServerContext,
  at: Address,
  x: ServerWire,
  weights: ServerWeights,
  job: Job,
): Program<ServerProducts> {
  const own = pick(weights, at.layer, job);
  const open = 'open' in own;
  const [ofOpened, ofHalf] = open ? [own.open, own.open] : [own.share, own.masked];
  const foreseen = new Foreseen(at, ofHalf, job, x.half!, x, c.ahead);
  const online = open && c.party === 1 ? [] : [new JobProduct(ofOpened, { job, x: x.m, rows: x.rows })];
  c.onMacs(at, (online.length + 1) * macsOf(job, x));
  const words = yield* computed(at.layer, [...online, ...foreseen.products]);
  return {
    open,
    online: online.length > 0 ? words[0] : undefined,
    offline: foreseen.result(words.slice(online.length)),
  };
}

function* dealerProduct(
  c: DealerContext,
  at: Address,
  x: DealerWire,
  weights: DealerWeights,
  job: Job,
): Program<Words | undefined> {
  const mask = pick(weights, at.layer, job);
  if (!mask) return undefined;
  c.onMacs(at, macsOf(job, x));
  const foreseen = new Foreseen(at, mask, job, x.mask, x, c.ahead);
  return foreseen.result(yield* computed(at.layer, foreseen.products));
}

/** The results of products, which may have been computed before. */
function* computed(layer: number, products: readonly Product[]): Program<readonly Words[]> {
  if (products.length === 0) return [];
  return yield { kind: 'compute', layer, products } as const;
}

/** The share without gamma. */
function shareOf({ kernels }: ServerContext, { online, offline }: ServerProducts): Words {
  const share = (online ? kernels.subWords(online, offline) : kernels.negWords(offline)) as Words;
  release(online, offline);
  return share;
}

/** Secret weights: two passes of each server, one of the dealer. Public ones: two of server 0, one of server 1. */
const PASSES = { secret: 5, open: 3 };

export const product = {
  *server(
    c: ServerContext,
    at: Address,
    x: ServerWire,
    weights: ServerWeights,
    job: Job,
    width: number,
  ): Program<Words> {
    const products = yield* serverProducts(c, at, x, weights, job);
    const { open, online, offline } = products;
    if (open) return shareOf(c, products);
    const share = c.kernels.combineLinear(online!, offline, c.dealt(at, PART.gamma, countOf(job, x), width)) as Words;
    release(online, offline);
    return share;
  },
  *dealer(
    c: DealerContext,
    at: Address,
    x: DealerWire,
    weights: DealerWeights,
    job: Job,
    width: number,
  ): Program<void> {
    const gamma = yield* dealerProduct(c, at, x, weights, job);
    if (!gamma) return;
    c.deal(at, PART.gamma, new c.kernels.Dealt(gamma), width);
    release(gamma);
  },
  cost: (x: Format, job: Job, width: number, open = false): Cost =>
    open
      ? multiplied(PASSES.open * macsOf(job, x))
      : total(dealt(countOf(job, x), width), multiplied(PASSES.secret * macsOf(job, x))),
};

/**
 * The same without dealing `gamma`: the mask of the wire that is opened at `at` takes it in. The servers do not know their halves of that
 * mask, so only tables and comparisons may use the wire. With public weights there is nothing to take in.
 */
export const projection = {
  *server(c: ServerContext, at: Address, x: ServerWire, weights: ServerWeights, job: Job): Program<Words> {
    return shareOf(c, yield* serverProducts(c, at, x, weights, job));
  },
  /** @returns what the mask takes in. */
  dealer: (
    c: DealerContext,
    at: Address,
    x: DealerWire,
    weights: DealerWeights,
    job: Job,
  ): Program<Words | undefined> => dealerProduct(c, at, x, weights, job),
  cost: (x: Format, job: Job, open = false): Cost => multiplied(PASSES[open ? 'open' : 'secret'] * macsOf(job, x)),
};
