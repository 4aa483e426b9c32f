/** A tiny random model with its float forward pass in doubles, written for tests alone: no kernels, no gates. */
import { type FeedForwardKind, RELU } from '../../ts/plan/activation.js';
import type { LayerRange, NormRange, Ranges } from '../../ts/plan/ranges.js';

type Matrix = Float32Array<ArrayBuffer>;

/** A small deterministic generator; quality does not matter here. */
export function lcg(seed: number): () => number {
  let state = seed >>> 0;
  return () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
}

export interface TinyShape {
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headDim: number;
  readonly ffn: number;
  readonly context: number;
  readonly vocab: number;
  /** Every linear layer has a bias. */
  readonly biased?: boolean;
  /** The biases of neurons are so large that they decide which are active, whatever the text. */
  readonly decided?: boolean;
  /** Norms come after what they add up (docs/protocol.md section 3.3). */
  readonly postNorm?: boolean;
  /** How many times larger than the others every eighth token's embedding is, the queries of every second head, and what the first neuron adds. */
  readonly outliers?: { readonly tokens?: number; readonly queries?: number; readonly neurons?: number };
  /** What the feed-forward half is; that of OPT, unless given. */
  readonly feedForward?: FeedForwardKind;
  /** Radians a position by which pairs of queries' and keys' values are turned. */
  readonly rope?: readonly number[];
  /** Tokens that every text begins with. */
  readonly prefix?: readonly number[];
}

export const TINY: TinyShape = {
  layers: 2,
  width: 32,
  heads: 4,
  kvHeads: 4,
  headDim: 8,
  ffn: 64,
  context: 48,
  vocab: 64,
};

/** What is computed, by layer, position and index; what is not counts as zero. Keys and values are there for all. */
export interface Only {
  neuron(layer: number, position: number, neuron: number): boolean;
  head(layer: number, position: number, head: number): boolean;
}
const ALL: Only = { neuron: () => true, head: () => true };

/** Hidden states (normalised) of every position. */
export type Forward = (ids: readonly number[], watch?: Watch, only?: Only) => number[][];

type Writable<T> = { -readonly [K in keyof T]: T[K] };

export interface Watch {
  layers?: (Writable<Omit<LayerRange, 'normA' | 'normB'>> & { normA: Seen; normB: Seen })[];
  finalNorm?: Seen;
  /** Normalised inputs of every layer's attention, by position. */
  inputs?: number[][][];
  /** Scaled pre-activations of every layer, likewise. */
  activations?: number[][][];
}
interface Seen {
  sums: number[];
  first: number[];
}

/**
 * A random model in the owner's prepared form, its ranges over random texts, and its forward pass. A sparse one's ranges are also those of
 * texts of which any part is left out.
 */
export function randomModel(seed: number, shape: TinyShape = TINY, sparse = false) {
  const {
    biased = false,
    decided = false,
    postNorm = false,
    outliers = {},
    rope,
    prefix,
    feedForward = RELU,
    ...dimensions
  } = shape;
  const { layers: count, width: d, heads, kvHeads, headDim, ffn, context, vocab } = dimensions;
  const [dq, dkv] = [heads * headDim, kvHeads * headDim];
  const dqkv = dq + 2 * dkv;
  const uniform = lcg(seed);
  const gauss = (): number => Math.sqrt(-2 * Math.log(uniform() + 1e-12)) * Math.cos(2 * Math.PI * uniform());
  const random = (size: number, std: number): Matrix => Float32Array.from({ length: size }, () => gauss() * std);
  const centred = (matrix: Matrix, cols: number): Matrix => {
    for (let at = 0; at < matrix.length; at += cols) {
      const mean = matrix.subarray(at, at + cols).reduce((a, b) => a + b, 0) / cols;
      for (let i = at; i < at + cols; i++) matrix[i] -= mean;
    }
    return matrix;
  };
  const std = 1 / Math.sqrt(d);
  /** A gain, then centring. */
  const skip = (): Matrix => {
    const gain = random(d, 0.2);
    const centring = (i: number, j: number): number => (i === j ? 1 : 0) - 1 / d;
    return Float32Array.from(
      { length: d * d },
      (_, at) => (1 + gain[Math.floor(at / d)]) * centring(Math.floor(at / d), at % d),
    );
  };
  const layers = Array.from({ length: count }, () => ({
    qkv: random(dqkv * d, std),
    o: centred(random(dq * d, std), d),
    up: random(d * ffn, std),
    ...(feedForward.gated && { gate: random(d * ffn, std) }),
    down: centred(random(ffn * d, std), d),
    ...(postNorm && { skip: { a: skip(), b: skip() } }),
    ...(biased && {
      bias: {
        qkv: random(dqkv, 0.5),
        o: centred(random(d, 0.5), d),
        up: decided ? random(ffn, 0.5).map((value) => value + 6 * Math.sign(value)) : random(ffn, 0.5),
        down: centred(random(d, 0.5), d),
        ...(feedForward.gated && { gate: random(ffn, 0.5) }),
      },
    }),
  }));
  const embedding = postNorm ? random(vocab * d, 1) : centred(random(vocab * d, 1), d);
  const positions = centred(random((context + 2) * d, 0.3), d);
  const { tokens = 1, queries = 1, neurons: added = 1 } = outliers;
  for (const { down } of layers) for (let i = 0; i < d; i++) down[i] *= added;
  for (let at = 0; at < embedding.length; at++) if (Math.floor(at / d) % 8 === 0) embedding[at] *= tokens;
  for (const { qkv } of layers)
    for (let at = 0; at < qkv.length; at++)
      if (at % dqkv < dq && Math.floor((at % dqkv) / headDim) % 2 === 0) qkv[at] *= queries;
  const scoreShift = Math.floor(Math.log2(Math.sqrt(headDim)));
  const turning = rope && { rope: { frequencies: rope.map(Math.fround) } };
  const model = {
    shape: { ...dimensions, positionOffset: 2 },
    scoreShift,
    ...(!postNorm && {
      variant: { norm: 'layer' as const, eps: 1e-5, normBefore: true, finalNorm: true, feedForward, ...turning },
    }),
    embedding,
    positions,
    head: embedding.slice(),
    layers,
  };

  const forward: Forward = (ids, watch, only = ALL) => {
    const see = (seen: Seen | undefined, x: number[], p: number): number => {
      const sum = x.reduce((a, b) => a + b * b, 0);
      (p === 0 ? seen?.first : seen?.sums)?.push(sum);
      return 1 / Math.sqrt(sum / d + 1e-5);
    };
    let xs = ids.map((id, p) =>
      Array.from({ length: d }, (_, i) => embedding[id * d + i] + positions[(p + 2) * d + i]),
    );
    for (const [l, { qkv, o, gate, up, down, bias, skip: residual }] of layers.entries()) {
      const w = watch?.layers?.[l];
      const raw = xs.map((x) => product(x, qkv, dqkv));
      const seen = xs.map((x, p) => see(w?.normA, x, p));
      const rs = residual && l === 0 ? seen.fill(1) : seen;
      watch?.inputs?.push(xs.map((x, p) => x.map((v) => v * rs[p])));
      const still = raw.map((y, p) => y.map((v, i) => v * rs[p] + (bias?.qkv[i] ?? 0)));
      const qs = still.map((y, p) => turned(y, p, rope, dq + dkv, headDim));
      if (w) {
        w.rawQkvMax = largest(raw, w.rawQkvMax);
        w.qkMax = largest(
          qs.map((y) => y.slice(0, dq + dkv)),
          w.qkMax,
        );
        w.vMax = largest(
          qs.map((y) => y.slice(dq + dkv)),
          w.vMax,
        );
      }
      const outs = qs.map((_, t) => {
        const out: number[] = [];
        for (let head = 0; head < heads; head++) {
          const [at, kv] = [head * headDim, Math.floor((head * kvHeads) / heads) * headDim];
          const scores = qs.slice(0, t + 1).map((key) => {
            let s = 0;
            for (let i = 0; i < headDim; i++) s += qs[t][at + i] * key[dq + kv + i];
            return s * 2 ** -scoreShift;
          });
          const lnZ = Math.log(scores.reduce((sum, s) => sum + Math.exp(s), 0));
          if (w) {
            (w.logZ.min as number[])[head] = Math.min(w.logZ.min[head], lnZ);
            (w.logZ.max as number[])[head] = Math.max(w.logZ.max[head], lnZ);
            w.scoreMax = largest([scores], w.scoreMax);
          }
          const active = only.head(l, t, head);
          for (let i = dq + dkv + kv; i < dq + dkv + kv + headDim; i++) {
            out.push(active ? scores.reduce((sum, s, j) => sum + Math.exp(s - lnZ) * qs[j][i], 0) : 0);
          }
        }
        return out;
      });
      if (w) w.oMax = largest(outs, w.oMax);
      const carried = (x: number[], r: number, matrix?: Matrix): number[] =>
        matrix
          ? product(
              x.map((v) => v * r),
              matrix,
              d,
            )
          : x;
      xs = xs.map((x, t) => plus(carried(x, rs[t], residual?.a), product(outs[t], o, d), bias?.o));
      if (w) w.streamMax = largest(xs, w.streamMax);
      const us = xs.map((x) => product(x, up, ffn));
      const rsB = xs.map((x, p) => see(w?.normB, x, p));
      const scaled = us.map((u, p) => {
        const r = rsB[p];
        return u.map((v, i) => v * r + (bias?.up[i] ?? 0));
      });
      watch?.activations?.push(scaled);
      const gs = gate && xs.map((x) => product(x, gate, ffn));
      const ofGate = gs?.map((row, p) => row.map((v, i) => v * rsB[p] + (bias?.gate?.[i] ?? 0)));
      const active = activated(feedForward.activation);
      const as = scaled.map((row, p) => row.map((v, i) => (ofGate ? active(ofGate[p][i]) * v : active(v))));
      if (w) {
        w.rawUpMax = largest(us, w.rawUpMax);
        w.uhMax = largest(scaled, w.uhMax);
        if (gs && ofGate) {
          const times = (a: number[][], b: number[][]) => a.map((row, p) => row.map((v, i) => v * b[p][i]));
          const { rawMax = 0, max = 0, rawProductMax = 0, productMax = 0 } = w.gate ?? {};
          const most = w.gate?.activationMax ?? 0;
          w.gate = {
            activationMax: largest(as, most),
            rawMax: largest(gs, rawMax),
            max: largest(ofGate, max),
            rawProductMax: largest(times(gs, us), rawProductMax),
            productMax: largest(times(ofGate, scaled), productMax),
          };
        }
      }
      xs = xs.map((x, t) =>
        plus(
          carried(x, rsB[t], residual?.b),
          product(
            as[t].map((v, j) => (only.neuron(l, t, j) ? v : 0)),
            down,
            d,
          ),
          bias?.down,
        ),
      );
      if (w) w.streamMax = largest(xs, w.streamMax);
    }
    return xs.map((x, p) => {
      const r = see(watch?.finalNorm, x, p);
      return x.map((v) => v * r);
    });
  };

  const seen = (): Seen => ({ sums: [], first: [] });
  const watch = {
    layers: layers.map(() => ({
      normA: seen(), normB: seen(), rawQkvMax: 0, qkMax: 0, vMax: 0, rawUpMax: 0, scoreMax: 0, streamMax: 0, oMax: 0, uhMax: 0,
      logZ: { min: Array<number>(heads).fill(Infinity), max: Array<number>(heads).fill(-Infinity) },
    })), // prettier-ignore
    finalNorm: seen(),
  };
  const text = (length: number): number[] => Array.from({ length }, () => Math.floor(uniform() * vocab));
  for (let i = 0; i < 20; i++) forward(text(context), watch);
  for (let i = 0; sparse && i < 20; i++) {
    const [neurons, ofHeads] = [i < 5 ? 0 : uniform(), i % 5 === 0 ? 0 : uniform()];
    forward(text(context), watch, { neuron: () => uniform() < neurons, head: () => uniform() < ofHeads });
  }
  const ranges: Omit<Ranges, 'weights'> = {
    ...(prefix && { prefix }),
    layers: watch.layers.map((layer) => ({ ...layer, normA: rangeOf(layer.normA), normB: rangeOf(layer.normB) })),
    finalNorm: { ...rangeOf(watch.finalNorm), streamMax: watch.layers[count - 1].streamMax },
  };
  return { model, ranges, forward, text };
}

/** Activations in doubles; the error function by its series. */
function activated(activation: FeedForwardKind['activation']): (x: number) => number {
  switch (activation.kind) {
    case 'relu':
      return (x) => Math.max(x, 0);
    case 'relu2':
      return (x) => Math.max(x, 0) ** 2;
    case 'fatrelu':
      return (x) => (x > activation.threshold ? x : 0);
    case 'silu':
      return (x) => x / (1 + Math.exp(-x));
    case 'gelu':
      return (x) => (x / 2) * (1 + erf(x / Math.SQRT2));
    case 'gelu_tanh':
      return (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
  }
}

function erf(x: number): number {
  if (Math.abs(x) > 5) return Math.sign(x);
  let [sum, term] = [x, x];
  for (let n = 1; n < 100; n++) sum += (term *= (-x * x) / n) / (2 * n + 1);
  return (2 / Math.sqrt(Math.PI)) * sum;
}

/** Queries and keys, the first `until` values, turned head by head. */
function turned(y: number[], position: number, rope: readonly number[] = [], until: number, headDim: number): number[] {
  const pairs = rope.length;
  return y.map((v, at) => {
    const i = at % headDim;
    if (at >= until || i >= 2 * pairs) return v;
    const angle = position * rope[i % pairs];
    const other = i < pairs ? -y[at + pairs] : y[at - pairs];
    return v * Math.cos(angle) + other * Math.sin(angle);
  });
}

function rangeOf({ sums, first }: Seen): NormRange {
  const sorted = [...sums].sort((a, b) => a - b);
  return {
    sumSquares: { min: sorted[0], median: sorted[sorted.length >> 1], max: sorted[sorted.length - 1] },
    first: { min: Math.min(...first), max: Math.max(...first) },
  };
}

function product(x: readonly number[], matrix: Matrix, cols: number): number[] {
  const out = Array<number>(cols).fill(0);
  for (const [i, v] of x.entries()) for (let j = 0; j < cols; j++) out[j] += v * matrix[i * cols + j];
  return out;
}
const plus = (a: readonly number[], b: readonly number[], c?: Matrix): number[] =>
  a.map((v, i) => v + b[i] + (c?.[i] ?? 0));
const largest = (rows: readonly (readonly number[])[], so: number): number =>
  rows.reduce((max, row) => row.reduce((m, v) => Math.max(m, Math.abs(v)), max), so);
