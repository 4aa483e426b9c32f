/**
 * Server 0, server 1 and the dealer walk the decoder program in one thread, opening by opening, on the contexts and gates of the
 * product. A test may replace mask halves and dealt shares, and sees everything that each party sees.
 */
import { type Address, INPUT_LAYER, nonce, OP } from '../../ts/core/address.js';
import { DealerContext, ServerContext } from '../../ts/gates/context.js';
import { type Absorbed, DealerGates } from '../../ts/gates/dealer.js';
import { ServerGates } from '../../ts/gates/server.js';
import { Tables } from '../../ts/gates/tables.js';
import { type Dealt, type Kernels, loadKernels } from '../../ts/kernels/load.js';
import { encodeControl } from '../../ts/net/control.js';
import { memoryLinks } from '../../ts/net/embedded.js';
import { dealSession } from '../../ts/parties/dealer.js';
import { serveSession } from '../../ts/parties/server.js';
import type { Plan } from '../../ts/plan/formats.js';
import type { Outputs } from '../../ts/plan/step.js';
import type { VariantName } from '../../ts/plan/variants.js';
import type { Predictors } from '../../ts/predict/predictor.js';
import { DecoderState, decoderStep, type StepShares } from '../../ts/program/decoder.js';
import { drawOrders, type LayerOrder } from '../../ts/provision/owned.js';
import { provision } from '../../ts/provision/owner.js';
import { Batcher } from '../../ts/run/batch.js';
import { DealerMatrices } from '../../ts/weights/dealer-weights.js';
import { ServerMatrices } from '../../ts/weights/server-weights.js';
import type { Effect, Exchange, Lane, Opening, Program } from '../../ts/wires/effects.js';
import { packedBytes, Section } from '../../ts/wires/section.js';
import { type DealerWire, type ServerWire, sizeOf, type Words } from '../../ts/wires/wire.js';
import { type Forward, randomModel, type TinyShape } from './random-model.js';
import { type Density, randomPredictors } from './random-predictors.js';

/** A provisioned model with what each hosted role holds of it. */
export interface World {
  readonly kernels: Kernels;
  readonly plan: Plan;
  readonly servers: readonly [ServerMatrices, ServerMatrices];
  readonly dealer: DealerMatrices;
  readonly tables: Tables;
  /** The client's input words for token ids from `position` on. */
  readonly embed: (ids: readonly number[], position: number) => Words;
  /** Hidden states in floats. */
  readonly forward: Forward;
  /** With them steps are sparse. */
  readonly predictors?: Predictors;
  /** Of a sparse step's layers, where they are not all predicted. */
  readonly modes?: string;
  /** Sets are padded. */
  readonly constant?: boolean;
  /** What is missing is computed ahead, and so many vectors more. */
  readonly prefetch?: number;
  /** The secret orders of neurons and heads. */
  readonly orders: readonly LayerOrder[];
}

const isSparse = ({ predictors, modes }: World): boolean => predictors !== undefined || modes !== undefined;

/** A key from a number: keys of tests are public. */
export const keyOf = (...numbers: number[]): Uint8Array => {
  const key = new Uint8Array(32);
  numbers.forEach((n, i) => new DataView(key.buffer).setUint32(4 * i, n, true));
  return key;
};

/** A world that is the same in every run; with a density, one of sparse steps. Its owner may have other kernels. */
export async function makeWorld(
  shape: TinyShape,
  seed = 3,
  density?: Density,
  replace: (kernels: Kernels) => Kernels = (kernels) => kernels,
  variant?: VariantName,
): Promise<World> {
  const kernels = replace(await loadKernels());
  const { model, ranges, forward } = randomModel(seed, shape, density !== undefined);
  const predictors = density && randomPredictors(seed, shape, density);
  const seeds = { seed0: keyOf(1, seed), seed1: keyOf(2, seed), order: keyOf(3, seed) };
  const options = { predictors, variant, insecureSeeds: seeds };
  const { manifest, tensors } = provision(kernels, 'lockstep', model, ranges as never, options);
  const { plan } = manifest;
  const servers = [
    new ServerMatrices(kernels, plan, 0, seeds.seed0),
    new ServerMatrices(kernels, plan, 1, seeds.seed1),
  ] as const;
  for (const tensor of tensors) for (const server of servers) await server.add(tensor);
  const dealer = await DealerMatrices.expand(kernels, plan, seeds);
  const { width } = plan.shape;
  const embed = (ids: readonly number[], position: number): Words => {
    const x = new Float32Array(ids.length * width);
    ids.forEach((id, row) => {
      for (let i = 0; i < width; i++)
        x[row * width + i] = model.embedding[id * width + i] + model.positions[(position + row + 2) * width + i];
    });
    return kernels.floatToWords(x, plan.sx, plan.wx) as Words;
  };
  const orders = drawOrders(kernels, plan.shape, seeds.order);
  return { kernels, plan, servers, dealer, tables: new Tables(kernels, width), embed, forward, predictors, orders };
}

/** Keys of a session; index i is server i's. */
export interface Keys {
  readonly tape: readonly [Uint8Array, Uint8Array];
  readonly client: readonly [Uint8Array, Uint8Array];
  readonly servers: Uint8Array;
}
export const keysOf = (seed: number): Keys => ({
  tape: [keyOf(seed, 10), keyOf(seed, 11)],
  client: [keyOf(seed, 12), keyOf(seed, 13)],
  servers: keyOf(seed, 14),
});

export type Pair<T> = readonly [T, T];

/** An opened wire (or the client's input), with all that the parties together know of it. */
export interface OpenedWire {
  readonly at: Address;
  readonly width: number;
  readonly xor: boolean;
  /** Opened under no mask. */
  readonly clear: boolean;
  readonly halves: Pair<Words>;
  /** What each server sent. For the input: what the client sent, and nothing. */
  readonly sent: Pair<Words>;
  readonly m: Words;
  readonly secret: Words;
}

/** Dealt words. */
export interface DealtEntry {
  readonly at: Address;
  readonly part: number;
  readonly width: number;
  readonly xor: boolean;
  readonly words: Words;
  /** What server 1 gets. */
  readonly remainder: Uint8Array;
}

/** One thing a server came to know, in order. */
export interface Seen {
  readonly what: string;
  /** Words of `width` bits. */
  readonly data: Words | Uint8Array;
  readonly width: number;
}

/** What a test replaces. Returning undefined keeps what the product chose. */
export interface Hooks {
  /** Halves of the mask of a wire, knowing its secret. */
  halves?(opening: Omit<OpenedWire, 'sent' | 'm'>): Pair<Words> | undefined;
  /** Server 1's bytes of a dealt entry; server 0 then gets the difference. */
  deal?(entry: DealtEntry): Uint8Array | undefined;
  /** Kernels of a role, for spies and mutants. */
  kernels?(kernels: Kernels, role: Role): Kernels;
}
export type Role = 'server0' | 'server1' | 'dealer';

export const nameOf = ({ step, layer, op }: Address, part = 0): string => `${step}.${layer}.${op}.${part}`;

/** Entries of one section of the tape as they are dealt. */
class LiveSection extends Section {
  readonly #entries = new Map<string, Section>();
  constructor() {
    super(new Uint8Array(0));
  }
  put(op: number, part: number, payload: Uint8Array): void {
    this.#entries.set(`${op}.${part}`, new Section(payload));
  }
  override take<T>(op: number, part: number, length: number, read: (bytes: Uint8Array) => T): T {
    const entry = this.#entries.get(`${op}.${part}`);
    return (entry ?? new Section(new Uint8Array(0))).take(op, part, length, read);
  }
}

class WatchedServer extends ServerContext {
  readonly halves = new Map<string, Words>();
  /** Server 0: the shares that replace its seed's. */
  readonly shares = new Map<string, Words>();
  seen: (what: string, data: Words, width: number) => void = () => {};

  override half(at: Address, count: number, width: number): Words {
    const own = super.half(at, count, width);
    return this.#see(`half ${nameOf(at)}`, this.halves.get(nameOf(at)) ?? own, width);
  }
  override clientHalf(key: Uint8Array, at: Address, count: number, width: number): Words {
    const own = super.clientHalf(key, at, count, width);
    return this.#see(`half ${nameOf(at)}`, this.halves.get(nameOf(at)) ?? own, width);
  }
  override dealt(at: Address, part: number, count: number, width: number): Dealt {
    return new this.kernels.Dealt(this.#dealt(at, part, super.dealt(at, part, count, width).words() as Words, width));
  }
  override dealtWords(at: Address, part: number, count: number, width: number): Words {
    return this.#dealt(at, part, super.dealtWords(at, part, count, width), width);
  }
  override gather(at: Address, part: number, positions: Uint32Array, count: number, width: number): Words {
    const own = super.gather(at, part, positions, count, width);
    const all = this.shares.get(nameOf(at, part));
    return this.#see(
      `dealt ${nameOf(at, part)}`,
      all ? (BigUint64Array.from(positions, (p) => all[p]) as Words) : own,
      width,
    );
  }
  #dealt(at: Address, part: number, own: Words, width: number): Words {
    return this.#see(`dealt ${nameOf(at, part)}`, this.shares.get(nameOf(at, part)) ?? own, width);
  }
  #see(what: string, data: Words, width: number): Words {
    this.seen(what, data, width);
    return data;
  }
}

class WatchedDealer extends DealerContext {
  readonly masks = new Map<string, Words>();
  dealtEntry: (entry: DealtEntry, payload: Uint8Array) => void = () => {};

  override mask(at: Address, count: number, width: number, xor: boolean): Words {
    const own = super.mask(at, count, width, xor);
    return this.masks.get(nameOf(at)) ?? own;
  }
  override deal(at: Address, part: number, dealt: Dealt, width: number, xor = false): void {
    const words = dealt.words() as Words;
    super.deal(at, part, dealt, width, xor);
    const payload = this.finish();
    this.dealtEntry({ at, part, width, xor, words, remainder: payload.slice(8) }, payload);
  }
}

const copyOf = (words: Words): Words => words.slice();

/** An effect that stops a party before an opening, when its shares are there and its masks are not. */
const STOP: Effect = { kind: 'open', lane: 'opening', layer: 0, round: 0, openings: [] };

class StoppingServer extends ServerGates {
  pending: readonly Opening<Words>[] = [];
  #beside?: Program<void>;
  override *open(
    layer: number,
    round: number,
    openings: readonly Opening<Words>[],
    lane?: Lane,
  ): Program<ServerWire[]> {
    this.pending = openings;
    yield STOP;
    return yield* super.open(layer, round, openings, lane);
  }
  // As the dealer does: all parties walk opening by opening.
  override *beside(program: Program<void>): Program<void> {
    this.#beside = program;
  }
  override *join(): Program<void> {
    const program = this.#beside;
    this.#beside = undefined;
    if (program) yield* program;
  }
}
class StoppingDealer extends DealerGates {
  override *open(layer: number, round: number, openings: readonly Opening<Absorbed>[]): Program<DealerWire[]> {
    yield STOP;
    return yield* super.open(layer, round, openings);
  }
}

/** A session of the three parties. Steps are numbered from 0. */
export class Lockstep {
  readonly opened: OpenedWire[] = [];
  readonly dealt: DealtEntry[] = [];
  /** Everything server i comes to know, besides its keys. */
  readonly views: [Seen[], Seen[]] = [[], []];
  #step = 0;
  readonly #contexts: Pair<WatchedServer>;
  readonly #dealer: WatchedDealer;
  readonly #gates: Pair<StoppingServer>;
  readonly #dealerGates: StoppingDealer;
  readonly #sections = new Map<string, LiveSection>();
  readonly #states: readonly [DecoderState<ServerWire>, DecoderState<ServerWire>, DecoderState<DealerWire>];
  /** What was opened in the clear, by layer of this step. */
  readonly #revealed = new Map<number, Words>();

  constructor(
    private readonly world: World,
    private readonly keys: Keys,
    private readonly hooks: Hooks = {},
  ) {
    const kernels = (role: Role): Kernels => hooks.kernels?.(world.kernels, role) ?? world.kernels;
    const server = (i: 0 | 1): WatchedServer => {
      const context = new WatchedServer(kernels(`server${i}`), i, keys.tape[i], keys.servers);
      context.seen = (what, data, width) => this.#see(i, what, data, width);
      return context;
    };
    this.#contexts = [server(0), server(1)];
    this.#dealer = new WatchedDealer(kernels('dealer'), ...keys.tape);
    this.#dealer.dealtEntry = (entry, payload) => this.#deliver(entry, payload);
    const { plan, servers, tables, dealer } = world;
    this.#gates = [0, 1].map((i) => new StoppingServer(this.#contexts[i], plan.shape, servers[i], tables)) as never;
    this.#dealerGates = new StoppingDealer(this.#dealer, plan.shape, dealer, tables);
    this.#states = [new DecoderState(plan), new DecoderState(plan), new DecoderState(plan)];
  }

  /** Runs the next step on the client's words, sparse where there are predictors; returns both shares of its output. */
  step(x: Words, position: number, outputs: Outputs = 'all', sparse = isSparse(this.world)): Pair<Words> | undefined {
    const { plan, modes, constant, prefetch } = this.world;
    const rows = x.length / plan.shape.width;
    const shape = { step: this.#step++, rows, position, outputs, sparse, modes, constant, prefetch };
    const wire = this.#input(x, rows, shape.step);
    const servers = ([0, 1] as const).map((i) =>
      decoderStep<ServerWire, Words>(this.#gates[i], plan, this.#states[i], shape, wire.servers[i]),
    );
    const dealer = decoderStep<DealerWire, Absorbed>(this.#dealerGates, plan, this.#states[2], shape, wire.dealer);
    let answers: Words[] = [];
    for (;;) {
      const dealt = this.#advance(dealer, [], (step, layer) =>
        this.#sections.set(`${step}.${layer}`, new LiveSection()),
      );
      const stops = servers.map((program, i) =>
        // Each has words of its own, which end when it has no use for them.
        this.#advance(program, answers.map(copyOf), (step, layer) => {
          if (i === 1) this.#contexts[1].use(layer, this.#sections.get(`${step}.${layer}`)!);
        }),
      );
      if (dealt.done || stops[0].done || stops[1].done) {
        if (!(dealt.done && stops[0].done && stops[1].done)) throw new Error('the parties left the program apart');
        const shares = stops.map(({ value }) => (value as StepShares<Words>).hidden);
        if (!shares[0]) return undefined;
        shares.forEach((share, i) => this.#see(i, 'output share', share!, plan.final.kOut));
        return shares as unknown as Pair<Words>;
      }
      this.#gates[0].pending.forEach((opening, i) => this.#choose(opening, this.#gates[1].pending[i]));
      const exchanges = servers.map((program) => program.next([]).value as Exchange);
      answers = exchanges[0].openings.map((mine, i) => this.#open(mine, exchanges[1].openings[i]));
    }
  }

  /** Frees the caches. */
  free(): void {
    this.#gates.forEach((gates) => gates.free());
    this.#dealerGates.free();
  }

  #see(i: number, what: string, data: Words | Uint8Array, width: number): void {
    this.views[i].push({ what, data: data.slice(), width });
  }

  #advance<T>(program: Program<T>, answers: Words[], correlate: (step: number, layer: number) => void) {
    let next = program.next(answers);
    while (!next.done && next.value.kind !== 'open') {
      const effect = next.value;
      if (effect.kind === 'correlate') correlate(effect.step, effect.layer);
      const products = effect.kind === 'compute' ? effect.products.map((product) => product.run() as Words) : [];
      next = program.next(effect.kind === 'reveal' ? [this.#revealed.get(effect.layer)!] : products);
    }
    return next;
  }

  /** Server 1's bytes go to its section; server 0's share is replaced where they were. */
  #deliver(entry: DealtEntry, payload: Uint8Array): void {
    const { at, part, width, xor, words } = entry;
    const { kernels } = this.world;
    const replaced = this.hooks.deal?.(entry);
    if (replaced) {
      payload.set(replaced, 8);
      const theirs = kernels.unpackWords(replaced, width, words.length);
      const mine = xor ? kernels.xorWords(words, theirs) : kernels.subWords(words, theirs);
      this.#contexts[0].shares.set(nameOf(at, part), kernels.maskWords(mine, width) as Words);
    }
    this.dealt.push({ ...entry, remainder: payload.slice(8) });
    this.#see(1, `tape ${nameOf(at, part)}`, payload.slice(8), 8);
    this.#sections.get(`${at.step}.${at.layer}`)!.put(at.op, part, payload);
  }

  #plain(at: Address, count: number, width: number, keys: Pair<Uint8Array>): Pair<Words> {
    const { half } = ServerContext.prototype;
    return keys.map((key, i) =>
      half.call(new ServerContext(this.#contexts[i].kernels, 0, key, this.keys.servers), at, count, width),
    ) as never;
  }

  #replace(opening: Omit<OpenedWire, 'sent' | 'm'>): void {
    const halves = this.hooks.halves?.(opening);
    if (!halves) return;
    const { kernels } = this.world;
    const { at, width, xor } = opening;
    this.#contexts.forEach((context, i) => context.halves.set(nameOf(at), halves[i]));
    const mask = xor ? kernels.xorWords(...halves) : kernels.joinWords(...halves, width);
    this.#dealer.masks.set(nameOf(at), mask as Words);
  }

  #choose(mine: Opening<Words>, theirs: Opening<Words>): void {
    // Nobody chooses a mask where there is none.
    if (!this.hooks.halves || mine.clear) return;
    const { kernels } = this.world;
    const { at, width, xor = false } = mine;
    const sum = xor ? kernels.xorWords(mine.share, theirs.share) : kernels.addWords(mine.share, theirs.share);
    const secret = kernels.maskWords(sum, width) as Words;
    const halves = this.#plain(at, sizeOf(mine), width, this.keys.tape);
    this.#replace({ at, width, xor, clear: false, secret, halves });
  }

  #open(mine: Exchange['openings'][number], theirs: Exchange['openings'][number]): Words {
    const { kernels } = this.world;
    const { at, width, xor, clear } = mine;
    const m = kernels.joinPacked(mine.masked, theirs.masked, sizeOf(mine), width, xor) as Words;
    const secret = (
      xor
        ? kernels.xorWords(kernels.xorWords(m, mine.half), theirs.half)
        : kernels.maskWords(kernels.subWords(kernels.subWords(m, mine.half), theirs.half), width)
    ) as Words;
    const sent = [mine, theirs].map(({ masked }) =>
      kernels.unpackWords(masked, width, sizeOf(mine)),
    ) as unknown as Pair<Words>;
    if (clear) this.#revealed.set(at.layer, m);
    this.opened.push({ at, width, xor, clear, halves: [copyOf(mine.half), copyOf(theirs.half)], sent, m, secret });
    for (const i of [0, 1]) {
      this.#see(i, `sent ${nameOf(at)}`, sent[i], width);
      // What is revealed is a share as it is: uniform, as long as nobody adds the other.
      this.#see(i, `${clear ? 'share' : 'received'} ${nameOf(at)}`, sent[1 - i], width);
      this.#see(i, `${clear ? 'revealed' : 'opened'} ${nameOf(at)}`, m, width);
    }
    return m;
  }

  /** The client's wire, as ts/parties/{client,server,dealer}.ts make it. */
  #input(x: Words, rows: number, step: number): { servers: Pair<ServerWire>; dealer: DealerWire } {
    const { kernels, plan } = this.world;
    const at: Address = { step, layer: INPUT_LAYER, op: OP.input };
    const format = { rows, cols: plan.shape.width, width: plan.wx, scale: plan.sx };
    if (this.hooks.halves) {
      const own = this.#plain(at, x.length, plan.wx, this.keys.client);
      this.#replace({ at, width: plan.wx, xor: false, clear: false, secret: x, halves: own });
    }
    const halves = this.#contexts.map((context, i) =>
      context.clientHalf(this.keys.client[i], at, x.length, plan.wx),
    ) as never as Pair<Words>;
    const mask = kernels.joinWords(...halves, plan.wx) as Words;
    const m = kernels.joinWords(x, mask, plan.wx) as Words;
    this.opened.push({ at, width: plan.wx, xor: false, clear: false, halves, sent: [m, m], m, secret: x });
    for (const i of [0, 1]) this.#see(i, `opened ${nameOf(at)}`, m, plan.wx);
    return {
      servers: [
        { ...format, m, half: halves[0] },
        { ...format, m, half: halves[1] },
      ],
      dealer: { ...format, mask },
    };
  }
}

/** Words under the name of their address. */
export type Named = [name: string, words: Words];

/** A step of {@link overLinks}. */
export interface LinkedStep {
  readonly x: Words;
  readonly position: number;
  readonly outputs: Outputs;
  /** As the world says unless given. */
  readonly sparse?: boolean;
}

/**
 * The product's sessions of all three parties over memory, with chosen keys, on kernels that a test may replace.
 * @returns the words that the client received from each server, step by step, the opened words with their addresses, and how many calls of the
 * kernels each party's products took
 */
export async function overLinks(
  world: World,
  keys: Keys,
  steps: readonly LinkedStep[],
  replace: NonNullable<Hooks['kernels']> = (kernels) => kernels,
): Promise<{ outputs: Pair<Words>[]; opened: Named[]; calls: Record<Role, number> }> {
  const { kernels, plan, tables, servers, dealer } = world;
  const links = memoryLinks();
  const limits = { maxRows: 64, maxEpochs: 0, frameBytes: 2 ** 26 };
  const opened: Named[] = [];
  const batchers = { server0: new Batcher(), server1: new Batcher(), dealer: new Batcher() };
  const served = [0, 1].map((party) => {
    const [me, other] = party === 0 ? (['server0', 'server1'] as const) : (['server1', 'server0'] as const);
    return serveSession(
      {
        kernels: replace(kernels, me),
        party: party as 0 | 1,
        plan,
        weights: servers[party],
        tables,
        batcher: batchers[me],
      },
      {
        client: links[me].client,
        peer: links[me][other],
        dealer: links[me].dealer,
        tapeKey: keys.tape[party],
        zeroKey: keys.servers,
        clientKey: keys.client[party],
        limits,
        onOpened: (_step, { openings }, words) =>
          void (party === 0 && opened.push(...openings.map(({ at }, i): Named => [nameOf(at), words[i].slice()]))),
      },
    );
  });
  const { client, server0, server1 } = links.dealer;
  const dealt = dealSession(
    { kernels: replace(kernels, 'dealer'), plan, weights: dealer, tables, batcher: batchers.dealer },
    { client, server0, server1, tapeKeys: keys.tape, clientKeys: keys.client, limits, windowBytes: 2 ** 26 },
  );
  const { width, layers } = plan.shape;
  const mine = links.client;
  const mode = { sparse: isSparse(world), modes: world.modes, constant: world.constant, prefetch: world.prefetch };
  const announced = steps.map(({ x, position, outputs, sparse = mode.sparse }) => {
    return { rows: x.length / width, position, outputs, ...mode, sparse };
  });
  for (const peer of ['dealer', 'server0', 'server1'] as const)
    mine[peer].send({ kind: 'control', payload: encodeControl({ type: 'steps', steps: announced }) });
  const outputs: Pair<Words>[] = [];
  for (const [step, { x, outputs: wanted }] of steps.entries()) {
    const at = nonce({ step, layer: INPUT_LAYER, op: OP.input }, 0);
    let m = x;
    for (const key of keys.client)
      m = kernels.joinWords(m, kernels.prgWords(key, at, 0, x.length, plan.wx), plan.wx) as Words;
    const payload = kernels.packWords(m, plan.wx);
    for (const peer of ['server0', 'server1'] as const)
      mine[peer].send({ kind: 'input', step, layer: INPUT_LAYER, payload });
    const shares: Words[] = [];
    for (const peer of ['server0', 'server1'] as const) {
      const frame = await mine[peer].expect('output', { step, layer: layers, round: 0 });
      const count = { none: 0, last: width, all: x.length }[wanted];
      const hidden = frame.payload.subarray(0, packedBytes(count, plan.final.kOut));
      shares.push(kernels.unpackWords(hidden, plan.final.kOut, count) as Words);
    }
    outputs.push(shares as never);
  }
  for (const peer of ['server0', 'server1', 'dealer'] as const) mine[peer].close();
  await Promise.all([...served, dealt]);
  const { server0: calls0, server1: calls1, dealer: callsD } = batchers;
  const calls = { server0: calls0.counts.calls, server1: calls1.counts.calls, dealer: callsD.counts.calls };
  return { outputs, opened, calls };
}

/** Bytes of dealt words, for tests that count. */
export const bytesOf = ({ words, width }: DealtEntry): number => packedBytes(words.length, width);
