/** The gates' kernels through WebAssembly: dealer and both servers of a run, against the values of docs/protocol.md. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { loadKernels, type Dealt, type Kernels } from '../ts/kernels/load.js';

type Words = BigUint64Array;
type Both = [Words, Words];
interface Wire {
  m: Words;
  mask: Words;
  halves: Both;
}

let k: Kernels;
beforeAll(async () => {
  k = await loadKernels();
});

const key = new Uint8Array(32).fill(9);
let address = 0;
/** A nonce that was not used before. */
const fresh = (): Uint8Array => {
  const nonce = new Uint8Array(12);
  new DataView(nonce.buffer).setUint32(0, ++address, true);
  return nonce;
};
const random = (count: number, width = 64): Words => k.prgWords(key, fresh(), 0, count, width);
const words = (...values: (bigint | number)[]): Words =>
  BigUint64Array.from(values, (v) => BigInt.asUintN(64, BigInt(v)));
const low = (width: number) => (word: bigint) => BigInt.asUintN(width, word);
const each = <T>(f: (p: 0 | 1) => T): [T, T] => [f(0), f(1)];

function wire(values: Words, width: number): Wire {
  const halves: Both = each(() => random(values.length, width));
  const mask = k.joinWords(...halves, width);
  return { m: k.joinWords(values, mask, width), mask, halves };
}

/** Dealt words as both servers get them: a seed's half and the remainder from the tape. */
function deal(dealt: Dealt, width: number, xor = false): [Dealt, Dealt] {
  const [nonce, count] = [fresh(), dealt.length];
  const bytes = k.dealRemainder(key, nonce, dealt, width, xor);
  return [k.prgDealt(key, nonce, count, width), k.unpackDealt(bytes, width, count)];
}

/** Some of them only. */
function gather(dealt: Dealt, width: number, positions: Uint32Array): Both {
  const nonce = fresh();
  const bytes = k.dealRemainder(key, nonce, dealt, width, false);
  return [k.prgGather(key, nonce, positions, width), k.unpackGather(bytes, width, positions)];
}

const join = (shares: Both, width: number): Words => k.joinWords(...shares, width);

describe('elements', () => {
  test('lift is the floor or one more', () => {
    const [width, f] = [34, 22];
    const values = random(500, width - 2).map((v, i) => low(width)(i % 2 ? v : -v));
    const { m, mask } = wire(values, width);
    const dealt = deal(k.liftDealer(mask, width, f), 40);
    const shares = each((p) => k.liftServer(p, m, dealt[p], width, f));
    join(shares, 40).forEach((t, i) => {
      const rest = BigInt.asIntN(40, t) - (BigInt.asIntN(width, values[i]) >> BigInt(f));
      expect([0n, 1n]).toContain(rest);
    });
  });

  test('a product with a scalar absorbs the lift', () => {
    const [rows, width, f, out] = [3, 30, 12, 50];
    const values = random(rows * 7, width - 2);
    const scalars = random(rows, 24);
    const [u, r] = [wire(values, width), wire(scalars, 64)];
    const dealt = deal(k.scaleLiftDealer(r.mask, u.mask, width, f), out);
    const share = (p: 0 | 1) => k.scaleLiftServer(p, r.m, r.halves[p], u.m, dealt[p], width, f);
    join(each(share), out).forEach((y, i) => {
      const [scalar, floor] = [scalars[Math.floor(i / 7)], values[i] >> BigInt(f)];
      expect([low(out)(scalar * floor), low(out)(scalar * (floor + 1n))]).toContain(y);
    });
  });

  test('rows by scalars, sums of squares, selection', () => {
    const [scalars, values, bits] = [random(2), random(8, 40), random(8, 1)];
    const [r, x, b] = [wire(scalars, 64), wire(values, 42), wire(bits, 1)];
    const z = k.xorWords(bits, b.mask);
    const products = deal(k.scaleRowsDealer(r.mask, x.mask), 40);
    const scaled = each((p) => k.scaleRowsServer(p, r.m, r.halves[p], x.m, x.halves[p], products[p]));
    expect(join(scaled, 40)).toEqual(values.map((v, i) => low(40)(v * scalars[i >> 2])));
    const squares = deal(k.sumSquaresDealer(x.mask, 2), 40);
    const sums = each((p) => k.sumSquaresServer(p, x.m, x.halves[p], squares[p], 2));
    const square = (from: number): bigint => values.slice(from, from + 4).reduce((sum, v) => sum + v * v, 0n);
    expect(join(sums, 40)).toEqual(words(square(0), square(4)).map(low(40)));
    const dealt = deal(k.selectLiftDealer(b.mask, x.mask, 42, 9), 50);
    const selected = join(each((p) => k.selectLiftServer(p, z, x.m, dealt[p], 42, 9)), 50); // prettier-ignore
    for (const [i, v] of values.entries())
      expect(bits[i] === 0n ? [0n] : [v >> 9n, (v >> 9n) + 1n]).toContain(selected[i]);
  });

  test('floats round half to even and must fit', () => {
    const floats = Float32Array.of(0.5, 1.5, -0.5, -1.25, 3.5);
    expect(k.floatToWords(floats, 0, 4)).toEqual(words(0, 2, 0, 15, 4));
    expect(k.signedToFloat(k.floatToWords(floats, 2, 8), 8, 2)).toEqual(floats);
    for (const value of [8, NaN, -Infinity]) {
      expect(() => k.floatToWords(Float32Array.of(value), 0, 4)).toThrow(expect.objectContaining({ code: 'E_RANGE' }));
    }
  });
});

describe('functions', () => {
  test('exp of scores', () => {
    const values = words(...Array.from({ length: 41 }, (_, i) => (i - 20) * 7777)).map(low(21));
    const { m, mask } = wire(values, 21);
    const entries = gather(k.expDealer(mask, 21, 16, 28, 16), 60, k.expPositions(m, 21, 16));
    join(
      each((p) => k.expServer(m, entries[p], 21, 16, 10)),
      60,
    ).forEach((y, i) => {
      const expected = Math.exp(((i - 20) * 7777) / 2 ** 14);
      expect(Math.abs(Number(y) / 2 ** 38 / expected - 1)).toBeLessThan(4e-3);
    });
  });
});

describe('comparison', () => {
  /** GE of each value with each threshold, through both rounds. */
  function compare(values: Words, thresholds: Words, width: number, widths: number[]): Words {
    const [digits, d] = [Uint8Array.from(widths), widths.length];
    const { m, mask } = wire(values, width);
    const tables = deal(k.compareTables(mask, width, digits), 64, true);
    const bits = each((p) => k.compareDigits(p, m, thresholds, tables[p], width, digits));
    const halves = each(() => random(bits[0].length, 2 * d - 1));
    const alpha = k.xorWords(...halves);
    const opened = k.xorWords(k.xorWords(...bits), alpha);
    const dealt = k.compareMonomials(mask, alpha, width, d, thresholds.length);
    const monomials = deal(dealt, k.monomialBits(d), true);
    const share = (p: 0 | 1): Words => k.compareBits(p, m, thresholds, opened, halves[p], monomials[p], width, d);
    return k.xorWords(...each(share));
  }

  test.each([
    { name: 'signs', width: 16, digits: [4, 4, 4, 3], thresholds: [0n] },
    {
      name: 'several thresholds',
      width: 45,
      digits: [9, 9, 9, 9, 8],
      thresholds: Array.from({ length: 20 }, (_, j) => 4n ** BigInt(j + 2)),
    },
  ])('$name', ({ width, digits, thresholds }) => {
    const top = 1n << BigInt(width - 1);
    const edges = thresholds.flatMap((tau) => [tau - 1n, tau, tau + 1n]);
    const values = words(0, 1, -1, top, top - 1n, top + 1n, ...edges, ...random(60, width)).map(low(width));
    const expected = [...values].flatMap((v) => thresholds.map((tau) => (low(width)(v - tau) >= top ? 0n : 1n)));
    expect(compare(values, words(...thresholds), width, digits)).toEqual(words(...expected));
  });
});

describe('ln in windows', () => {
  const [digits, width, step] = [Uint8Array.of(11, 11, 10, 10), 42, 3];
  const thresholds = words(...Array.from({ length: 13 }, (_, i) => 1n << BigInt(step * (i + 1))));
  const parts = thresholds.length + 1;

  /** The parts of those windows that each value reaches, added, through the bits' round. */
  function selected(x: Wire, y: Wire): Words {
    const tables = deal(k.windowTables(x.mask, width, digits), 64, true);
    const bits = each((p) => k.windowDigits(p, x.m, thresholds, tables[p], width, digits));
    const alpha = random(bits[0].length, 2 * digits.length - 1);
    const opened = k.xorWords(k.xorWords(...bits), alpha);
    const dealt = deal(k.windowDealer(alpha, y.mask, digits.length, thresholds.length), 24);
    const share = (p: 0 | 1): Words =>
      k.windowSelect(p, opened, y.m, y.halves[p], dealt[p], digits.length, thresholds.length);
    return join(each(share), 24);
  }

  test('windows that are reached add up, exactly', () => {
    const edges = [...thresholds].flatMap((tau) => [tau - 1n, tau, tau + 1n]);
    const values = words(0, 1, (1n << 41n) - (1n << 31n) - 1n, ...edges, ...random(60, 41).map((v) => v >> 1n));
    const y = random(values.length * parts, 24);
    const expected = [...values].map((v, i) =>
      [...thresholds].reduce((sum, tau, w) => sum + (v >= tau ? y[parts * i + w + 1] : 0n), y[parts * i]),
    );
    expect(selected(wire(values, width), wire(y, 24))).toEqual(words(...expected).map(low(24)));
    expect(k.windowMonomials(digits.length)).toBe(22);
  });

  test('ln over 41 bits', () => {
    const windows = k.Windows.log(new k.WindowShape(parts, 9, step, 6, 6, 4), 17, 38);
    const exponents = Array.from({ length: 80 }, (_, i) => 18.2 + (i * 40.6) / 79);
    const { m, mask } = wire(words(...exponents.map((e) => Math.floor(2 ** e))), 60);
    const pairs = gather(windows.deal(mask), 24, windows.positions(m));
    const y = wire(join(each((p) => windows.eval(m, pairs[p])), 24), 24); // prettier-ignore
    const size = { m: k.truncateWords(m, 18), mask: k.truncateWords(mask, 18), halves: [] as unknown as Both };
    selected(size, y).forEach((ln, i) => {
      const error = Number(BigInt.asIntN(24, ln)) / 2 ** 17 - (exponents[i] - 38) * Math.LN2;
      expect(Math.abs(error)).toBeLessThan(0.011);
    });
    windows.free();
  });
});

describe('attention', () => {
  const [count, dim, capacity, width] = [2, 3, 6, 40];
  const list = (...numbers: number[]): Uint32Array => Uint32Array.from(numbers);
  /** Vectors in the order in which they are cached; position 5 of head 0 lies beyond a hole. */
  const jobs = { heads: list(1, 0, 1, 0, 0, 1, 1, 0), positions: list(2, 0, 0, 5, 1, 1, 3, 2) };
  const none = { heads: list(), lengths: list() };
  const groups = { heads: list(1, 0, 1, 1), lengths: list(4, 3, 1, 4) };
  const pairs = Array.from(groups.lengths).flatMap((length, g) => Array.from({ length }, (_, j) => ({ g, j })));
  const chunk = (x: Words, k: number): Words => x.subarray(k * dim, (k + 1) * dim);
  /** The vector that a group reads at a position. */
  const cached = (x: Words, g: number, position: number): Words => {
    const isIt = (_: number, k: number) => jobs.heads[k] === groups.heads[g] && jobs.positions[k] === position;
    return chunk(x, jobs.heads.findIndex(isIt));
  };

  interface Caches {
    dealer: InstanceType<Kernels['MaskCache']>;
    servers: InstanceType<Kernels['MaskedCache']>[];
  }

  /** Caches of all parties, filled after vectors that were taken back. */
  function caches(x: Wire): Caches {
    const dealer = new k.MaskCache(count, dim, capacity);
    const servers = each((p) => new k.MaskedCache(p, count, dim, capacity));
    const other = wire(random(2 * dim, width), width);
    dealer.put(list(0, 1), list(1, 4), other.mask);
    servers.forEach((server, p) => server.put(list(0, 1), list(1, 4), other.m, other.halves[p]));
    [dealer, ...servers].forEach((cache) => cache.truncate(1));
    for (const [from, to] of [
      [0, 3],
      [3, 8],
    ]) {
      const job = [jobs.heads.subarray(from, to), jobs.positions.subarray(from, to)] as const;
      const part = (words: Words): Words => words.subarray(from * dim, to * dim);
      dealer.put(...job, part(x.mask));
      servers.forEach((server, p) => server.put(...job, part(x.m), part(x.halves[p])));
    }
    return { dealer, servers };
  }
  const free = ({ dealer, servers }: Caches): void => [dealer, ...servers].forEach((cache) => cache.free());

  test('scores', () => {
    const [keys, queries, centers] = [8 * dim, groups.heads.length * dim, groups.heads.length].map((n) =>
      random(n, width),
    );
    const [x, q] = [wire(keys, width), wire(queries, width)];
    const { dealer, servers } = caches(x);
    const gamma = deal(dealer.scores(q.mask, groups.heads, groups.lengths), width);
    const center = deal(new k.Dealt(centers), width).map((share) => share.words());
    const shares = each((p) => servers[p].scores(q.m, q.halves[p], groups.heads, groups.lengths, gamma[p], center[p]));
    const score = ({ g, j }: (typeof pairs)[number]): bigint =>
      cached(keys, g, j).reduce((sum, y, i) => sum + chunk(queries, g)[i] * y, -centers[g]);
    expect(join(shares, width)).toEqual(words(...pairs.map(score)).map(low(width)));
    free({ dealer, servers });
  });

  test('weighted values', () => {
    const [values, weights] = [random(8 * dim, width), random(pairs.length, width)];
    const [x, p] = [wire(values, width), wire(weights, width)];
    const { dealer, servers } = caches(x);
    const gamma = deal(dealer.weighted(p.mask, groups.heads, groups.lengths), width);
    const shares = each((i) => servers[i].weighted(p.m, p.halves[i], groups.heads, groups.lengths, gamma[i]));
    const expected = new BigUint64Array(groups.heads.length * dim);
    pairs.forEach(({ g, j }, n) => {
      cached(values, g, j).forEach((y, i) => (expected[g * dim + i] += weights[n] * y));
    });
    expect(join(shares, width)).toEqual(expected.map(low(width)));
    free({ dealer, servers });
  });

  test('sums and broadcasts', () => {
    const shares = random(pairs.length);
    const sums = new BigUint64Array(groups.lengths.length);
    pairs.forEach(({ g }, n) => (sums[g] += shares[n]));
    expect(k.sumScores(shares, groups.lengths)).toEqual(sums);
    const [half, ln] = [random(pairs.length), random(sums.length)];
    const expected = pairs.map(({ g }, n) => ((shares[n] - half[n]) << 3n) - ln[g]);
    expect(k.shiftScores(0, shares, half, ln, groups.lengths, 3)).toEqual(words(...expected));
  });

  test('no groups give nothing', () => {
    const { dealer, servers } = caches(wire(random(8 * dim, width), width));
    const [{ heads, lengths }, empty] = [none, words()];
    const nothing = (): Dealt => new k.Dealt(empty);
    for (const dealt of [dealer.scores(empty, heads, lengths), dealer.weighted(empty, heads, lengths)])
      expect(dealt.words()).toEqual(empty);
    expect(servers[0].scores(empty, empty, heads, lengths, nothing(), empty)).toEqual(empty);
    expect(servers[1].weighted(empty, empty, heads, lengths, nothing())).toEqual(empty);
    expect(k.sumScores(empty, lengths)).toEqual(empty);
    expect(k.shiftScores(0, empty, empty, empty, lengths, 3)).toEqual(empty);
    free({ dealer, servers });
  });

  test('holes are listed, refused and filled; what is filled is not written over', () => {
    const { dealer, servers } = caches(wire(random(8 * dim, width), width));
    const vector = random(dim, width);
    const refused = (message: string) =>
      expect.objectContaining({ code: 'E_ARGUMENT', message: expect.stringContaining(message) });
    const hole = refused('position 3 of head 0 is a hole');
    for (const cache of [dealer, ...servers]) {
      expect([cache.missing(0, 6), cache.missing(0, 3), cache.missing(1, 6)]).toEqual([list(3, 4), list(), list(4, 5)]);
      expect(() => cache.missing(2, 1)).toThrow(refused('no such head'));
    }
    expect(() => dealer.scores(vector, list(0), list(6))).toThrow(hole);
    expect(() => servers[0].weighted(random(6), random(6), list(0), list(6), new k.Dealt(vector))).toThrow(hole);
    expect(() => dealer.put(list(0), list(5), vector)).toThrow(refused('the position is filled'));
    dealer.truncate(5);
    dealer.put(list(0, 0, 0), list(5, 3, 4), random(3 * dim, width));
    expect(dealer.scores(vector, list(0), list(6))).toHaveLength(6);
    free({ dealer, servers });
  });
});

describe('dealt words', () => {
  const one = words(1);

  test('are used up by the call that takes them, also where it refuses', () => {
    const [used, wrong, unknown] = [words(4), words(1, 2), words(3)].map((each) => new k.Dealt(each));
    expect(k.combineLinear(words(2), one, used)).toEqual(words(5));
    expect(() => k.combineLinear(one, one, wrong)).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
    expect(() => k.sumSquaresServer(2, one, one, unknown, 1)).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
    for (const gone of [used, wrong, unknown]) {
      expect(() => gone.length).toThrow(/null pointer/);
      expect(() => k.combineLinear(one, one, gone)).toThrow(/null pointer/);
    }
  });

  test.each([false, true])('wider words than are opened leave nothing in what is sent or joined, xor %s', (xor) => {
    const [width, count] = [5, 7];
    const [share, mask, other] = [random(count), random(count), random(count)];
    const both = xor ? k.xorWords : (a: Words, b: Words): Words => k.joinWords(a, b, width);
    const sent = k.openPacked(share, mask, width, xor);
    const low = k.maskWords(both(share, mask), width);
    expect(sent).toEqual(k.packWords(low, width));
    expect(k.joinPacked(sent, k.packWords(other, width), count, width, xor)).toEqual(
      k.maskWords(both(low, other), width),
    );
  });
});

describe('arguments', () => {
  const one = words(1);
  test.each<[string, () => unknown]>([
    ['a party that does not exist', () => k.liftServer(2, one, new k.Dealt(words(1, 1)), 20, 2)],
    ['different lengths', () => k.addWords(one, words(1, 2))],
    ['a width above 64', () => k.openPacked(one, one, 65, false)],
    ['a position outside the bytes', () => k.unpackGather(new Uint8Array(8), 64, Uint32Array.of(1))],
    ['a lift without a spare bit', () => k.liftDealer(one, 20, 19)],
    ['a rotation of half a pair', () => k.rotateWords(one, Uint32Array.of(0), Float32Array.of(1), 12)],
    ['digits that miss the width', () => k.compareTables(one, 20, Uint8Array.of(9, 9))],
    ['a table with too many cells', () => k.Windows.log(new k.WindowShape(14, 9, 3, 20, 6, 4), 17, 38)],
    ['a cache without heads', () => new k.MaskedCache(0, 0, 4, 8)],
    ['groups of another length', () => k.sumScores(one, Uint32Array.of(2))],
    ['a group without positions', () => k.sumScores(one, Uint32Array.of(1, 0))],
    [
      'values of positions that are not cached',
      () => k.plainScores(one, one, one, Uint32Array.of(0), Uint32Array.of(2), 1, 1),
    ],
  ])('E_ARGUMENT for %s', (_, call) => {
    expect(call).toThrow(expect.objectContaining({ code: 'E_ARGUMENT' }));
  });
});

/** The same digests as crates/gates/tests/vectors.rs, which runs natively: all parties must have the same bits. */
describe('vectors', () => {
  const path = new URL('../crates/gates/tests/vectors.json', import.meta.url);
  const vectors = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  const digest = (made: Words | Uint32Array | Dealt): string => {
    const all = ArrayBuffer.isView(made) ? made : made.words();
    const mix = (hash: bigint, word: bigint | number): bigint => low(64)((hash ^ BigInt(word)) * 0x100000001b3n);
    return Array.from<bigint | number>(all)
      .reduce(mix, 0xcbf29ce484222325n as bigint)
      .toString(16);
  };
  const input = (part: number, count: number, width: number): Words =>
    k.prgWords(new Uint8Array(32).fill(1), new Uint8Array(12).fill(part), 0, count, width);

  const norm = (power: number, factor: number) => new k.NormFunction(9, 768, 1e-6, power, factor);
  /** Of 32 pairs, as most models have them. */
  const ropeOf10000 = Float32Array.from({ length: 32 }, (_, i) => 10000 ** (-i / 32));

  test.each<[string, () => Words | Uint32Array | Dealt]>([
    ['exp1 dealer', () => k.expDealer(input(1, 2000, 21), 21, 16, 28, 16)],
    ['exp2 dealer', () => k.expDealer(input(1, 2000, 21), 21, 16, 13, 2)],
    ['exp server', () => k.expServer(input(1, 2000, 21), input(2, 2000, 64), 21, 16, 10)],
    ['exp positions', () => k.expPositions(input(1, 2000, 21), 21, 16)],
    ['ln dealer', () => k.Windows.log(new k.WindowShape(14, 9, 3, 6, 6, 4), 17, 38).deal(input(3, 50, 60))],
    [
      'rsqrt dealer',
      () => k.FunctionTable.norm(14, 9, 6, 3, 24, new k.NormFunction(9, 768, 1e-5, -1, 1)).deal(input(4, 9, 29)),
    ],
    ['compare tables', () => k.compareTables(input(5, 800, 16), 16, Uint8Array.of(4, 4, 4, 3))],
    ['compare monomials', () => k.compareMonomials(input(5, 800, 16), input(6, 800, 7), 16, 4, 1)],
    ['window tables', () => k.windowTables(input(7, 40, 42), 42, Uint8Array.of(11, 11, 10, 10))],
    ['window dealer', () => k.windowDealer(input(8, 520, 7), input(8, 560, 24), 4, 13)],
    ['square dealer', () => k.FunctionTable.norm(14, 9, 6, 3, 20, norm(-2, 1)).deal(input(4, 9, 29))],
    ['rms dealer', () => k.FunctionTable.norm(14, 9, 6, 3, 20, norm(1, 0.03)).deal(input(4, 9, 29))],
    ['silu dealer', () => new k.Sines('silu', 13, 8, 6, 12, 10).deal(input(11, 100, 13))],
    [
      'gelu server',
      () => new k.Sines('gelu', 13, 8, 10, 12, 10).eval(input(11, 100, 13), new k.Dealt(input(12, 2000, 24))),
    ],
    [
      'gelu tanh server',
      () => new k.Sines('gelu_tanh', 14, 8, 20, 12, 10).eval(input(13, 50, 14), new k.Dealt(input(12, 2000, 24))),
    ],
    ['lift product dealer', () => k.liftProductDealer(input(10, 400, 34), 34, 12, input(14, 400, 30), 30, 0)],
    ['lift square dealer', () => k.liftSquareDealer(input(10, 400, 34), 34, 12)],
    ['scale lift dealer', () => k.scaleLiftDealer(input(9, 4, 64), input(10, 400, 34), 34, 12)],
    ['rotate', () => k.rotateWords(input(11, 256, 64), Uint32Array.of(0, 1, 511, 32767), ropeOf10000, 12)],
  ])('%s', (name, run) => {
    expect(digest(run())).toBe(vectors[name]);
  });
});
