/* tslint:disable */
/* eslint-disable */

/**
 * Words that stay in the kernels' memory: most of what a gate reads or makes is dealt, and out of here it would be copied
 * twice. The call that takes them frees them.
 */
export class Dealt {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Words from elsewhere.
     */
    constructor(words: BigUint64Array);
    /**
     * A copy of them.
     */
    words(): BigUint64Array;
    readonly length: number;
}

/**
 * A matrix of floats, `rows` inputs by `cols` outputs, for plaintext code.
 */
export class FloatMatrix {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * From `rows x cols` values, row-major, as the product `x W` reads them.
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     */
    static fromRows(rows: number, cols: number, values: Float32Array): FloatMatrix;
    /**
     * `x W + b`, one bias an output; as [`FloatMatrix::mul`].
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     */
    mulBiased(x: Float32Array, t: number, bias: Float32Array): Float32Array;
    /**
     * `x W`: `t x rows` values in, `t x cols` values out. Each row's result is the same whatever `t` is.
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     */
    mul(x: Float32Array, t: number): Float32Array;
    /**
     * From the layout of Hugging Face's `Linear.weight`: `outputs x inputs`, row-major; `rows` is then `inputs`.
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     */
    constructor(outputs: number, inputs: number, values: Float32Array);
    /**
     * Outputs.
     */
    readonly cols: number;
    /**
     * Inputs.
     */
    readonly rows: number;
}

/**
 * A smooth function of one opened wire by `2^w` masked linear pieces.
 */
export class FunctionTable {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * To deal: `rows x 2^w x 2` words.
     *
     * # Errors
     * `E_ARGUMENT` when that is too many for one call.
     */
    deal(lambda: BigUint64Array): Dealt;
    /**
     * The share of each row's result from the shares of the words at `positions`.
     *
     * # Errors
     * `E_ARGUMENT` unless there are two words a row.
     */
    eval(m: BigUint64Array, pairs: BigUint64Array): BigUint64Array;
    /**
     * A function of the mean square at a scale.
     *
     * # Errors
     * `E_ARGUMENT` for cells that do not exist or values that leave 64 bits.
     */
    static norm(f: number, w: number, t: number, dmin: number, scale: number, norm: NormFunction): FunctionTable;
    /**
     * Where each row's two words stand among the dealt ones.
     *
     * # Errors
     * `E_ARGUMENT` when the tables are too large for one call.
     */
    positions(m: BigUint64Array): Uint32Array;
}

/**
 * `rows` vectors of `dim` public integers, of two bytes each, or of one where all of them fit. Words of products cross as 64-bit words.
 */
export class IntegerRows {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * For each of `t` rows the sum of its vectors, each times the pair's word of `a`: `t x dim` words of `bits` out. Pairs are
     * those of `dots`.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, pairs that are not so, or words of another size.
     */
    combine(a: BigUint64Array, t: number, starts: Uint32Array, vectors: Uint32Array, bits: number): BigUint64Array;
    /**
     * The inner product of a row of `x`, `t x dim` words of `bits` (32, 48 or 64), and a vector, a word for each pair of a row and a
     * vector: those of row `r` are `vectors[starts[r] .. starts[r + 1]]`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, pairs that are not so, or words of another size.
     */
    dots(x: BigUint64Array, t: number, starts: Uint32Array, vectors: Uint32Array, bits: number): BigUint64Array;
    /**
     * The same integers in one byte each.
     *
     * # Errors
     * `E_RANGE` when one does not fit.
     */
    narrowed(): IntegerRows;
    /**
     * Zero vectors of integers of `bits`: 16 unless given, or 8.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit, or integers of another size.
     */
    constructor(rows: number, dim: number, bits?: number | null);
    /**
     * The vectors of these numbers in this order, copied: a permutation shuffles, a range slices.
     *
     * # Errors
     * `E_ARGUMENT` for a vector that does not exist.
     */
    select(order: Uint32Array): IntegerRows;
    /**
     * Puts `round(value * 2^scale)`, half to even, of values at the places `first ..` of all vectors, one after the other.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or too large for an integer of this size, `E_ARGUMENT` for values that do not fit.
     */
    setF32(first: number, values: Float32Array, scale: number): void;
    /**
     * All integers, vector after vector.
     */
    values(): Int16Array;
    /**
     * The exclusive or of all bytes, folded: the cheapest pass that reads every byte that a product reads.
     */
    xorElements(): bigint;
    /**
     * Bits of an integer as it is kept: 16 or 8.
     */
    readonly bits: number;
    /**
     * Integers of a vector.
     */
    readonly dim: number;
    /**
     * How many vectors.
     */
    readonly rows: number;
}

/**
 * The dealer's masks of the same vectors.
 */
export class MaskCache {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Bytes allocated for vectors.
     */
    bytes(): number;
    /**
     * The holes of a head below `length`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
     */
    missing(head: number, length: number): Uint32Array;
    /**
     * Room for `capacity` positions of `heads` vectors of `headDim`; memory is taken as they come.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit.
     */
    constructor(heads: number, headDim: number, capacity: number);
    /**
     * Keeps the masks of vectors, `jobs x headDim`: vector `k` is that of head `heads[k]` at `positions[k]`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
     * is filled. Nothing is kept then.
     */
    put(heads: Uint32Array, positions: Uint32Array, lambda: BigUint64Array): void;
    /**
     * To deal for the scores of groups; `lambdaQ` is `groups x headDim`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     */
    scores(lambdaQ: BigUint64Array, heads: Uint32Array, lengths: Uint32Array): Dealt;
    /**
     * Forgets the positions from `n` on, of all heads.
     */
    truncate(n: number): void;
    /**
     * To deal for the outputs of groups, `groups x headDim`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     */
    weighted(lambdaP: BigUint64Array, heads: Uint32Array, lengths: Uint32Array): Dealt;
}

/**
 * A server's cached keys or values of one layer.
 */
export class MaskedCache {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Bytes allocated for vectors.
     */
    bytes(): number;
    /**
     * The holes of a head below `length`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
     */
    missing(head: number, length: number): Uint32Array;
    /**
     * Room for `capacity` positions of `heads` vectors of `headDim`; memory is taken as they come.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit.
     */
    constructor(p: number, heads: number, headDim: number, capacity: number);
    /**
     * Keeps vectors of a wire, `jobs x headDim`: vector `k` is that of head `heads[k]` at `positions[k]`. Positions may
     * be filled in any order.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
     * is filled. Nothing is kept then.
     */
    put(heads: Uint32Array, positions: Uint32Array, m: BigUint64Array, half: BigUint64Array): void;
    /**
     * Shares of the scores of groups, less the group's centre: `centers` is this server's share of one word a group, `mQ`
     * and `halfQ` are `groups x headDim`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     */
    scores(mQ: BigUint64Array, halfQ: BigUint64Array, heads: Uint32Array, lengths: Uint32Array, gamma: Dealt, centers: BigUint64Array): BigUint64Array;
    /**
     * Forgets the positions from `n` on, of all heads.
     */
    truncate(n: number): void;
    /**
     * Shares of the outputs of groups, `groups x headDim`: vectors of this cache weighted by a wire of scores.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     */
    weighted(mP: BigUint64Array, halfP: BigUint64Array, heads: Uint32Array, lengths: Uint32Array, gamma: Dealt): BigUint64Array;
}

/**
 * `factor x^(power / 2)` of a norm's mean square `x = v 2^(-2 s6) / dModel + eps`, v the opened sum of squares.
 */
export class NormFunction {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * The reciprocal root has `power` -1, its square -2, the root mean square 1.
     *
     * # Errors
     * `E_ARGUMENT` for another power, an `s6` above 63, an empty row, or an `eps` or `factor` that is not positive.
     */
    constructor(s6: number, dModel: number, eps: number, power: number, factor: number);
}

/**
 * A matrix of words of `Z_2^64`, or of `Z_2^48` or `Z_2^32`: less memory, and products modulo `2^48` or `2^32` that are faster, `rows` inputs by `cols` outputs. All words cross as 64-bit words, in
 * row-major order.
 */
export class RingMatrix {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Adds a matrix of the same shape, or subtracts it.
     *
     * # Errors
     * `E_ARGUMENT` for another shape.
     */
    addMatrix(other: RingMatrix, negate: boolean): void;
    /**
     * Adds words that lie packed, little endian, in as many bits as they are kept: to those at row-major positions `first ..`.
     *
     * # Errors
     * `E_ARGUMENT` for bytes that are not whole words, or do not fit.
     */
    addPacked(first: number, bytes: Uint8Array): void;
    /**
     * Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
     *
     * # Errors
     * `E_ARGUMENT` for a key or nonce of another length.
     */
    addPrg(key: Uint8Array, nonce: Uint8Array, negate: boolean): void;
    /**
     * The columns `from .. to`, copied.
     *
     * # Errors
     * `E_ARGUMENT` for a range outside the matrix.
     */
    columns(from: number, to: number): RingMatrix;
    /**
     * An independent copy.
     */
    copy(): RingMatrix;
    /**
     * `round(value * 2^scale)`, half to even, of `rows * cols` values, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
     */
    static fromF32(rows: number, cols: number, values: Float32Array, scale: number, bits?: number | null): RingMatrix;
    /**
     * The first `rows * cols` words of a key stream, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a key, nonce or shape that does not fit, or words of another size.
     */
    static fromPrg(rows: number, cols: number, key: Uint8Array, nonce: Uint8Array, bits?: number | null): RingMatrix;
    /**
     * Job by job, row `jobRows[k]` of `x` times the `blockCols` columns of block `jobBlocks[k]`: `t x rows` words in,
     * `jobs x blockCols` out.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or a job outside `x` or the matrix.
     */
    mulColumnBlocks(x: BigUint64Array, t: number, jobRows: Uint32Array, jobBlocks: Uint32Array, blockCols: number): BigUint64Array;
    /**
     * `t x cols` words: to row `jobRows[k]` is added row `k` of `x`, which has as many rows as there are jobs, times as many
     * rows of the matrix as it has words, those of block `jobBlocks[k]`.
     *
     * # Errors
     * `E_ARGUMENT` for an `x` that is not a row for each job, or a job outside `t` or the matrix.
     */
    mulRowBlocks(x: BigUint64Array, t: number, jobRows: Uint32Array, jobBlocks: Uint32Array): BigUint64Array;
    /**
     * `x W`: `t x rows` words in, `t x cols` words out.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words.
     */
    mul(x: BigUint64Array, t: number): BigUint64Array;
    /**
     * From `rows * cols` words, kept in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or words of another size.
     */
    constructor(rows: number, cols: number, words: BigUint64Array, bits?: number | null);
    /**
     * All words.
     */
    words(): BigUint64Array;
    /**
     * The zero matrix, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit, or words of another size.
     */
    static zeros(rows: number, cols: number, bits?: number | null): RingMatrix;
    /**
     * Outputs.
     */
    readonly cols: number;
    /**
     * Inputs.
     */
    readonly rows: number;
    /**
     * Bits of a word as it is kept: 64, 48 or 32.
     */
    readonly wordBits: number;
}

/**
 * `rows` vectors of `dim` words of `Z_2^64`, or of `Z_2^32`: half the memory, and products modulo `2^32` several times as fast, one for each neuron. All words cross as 64-bit words, vector
 * after vector.
 */
export class RingRows {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * Adds words that lie packed, little endian, in as many bits as they are kept: to word `first` and those after it.
     *
     * # Errors
     * `E_ARGUMENT` for bytes that are not whole words, or do not fit.
     */
    addPacked(first: number, bytes: Uint8Array): void;
    /**
     * Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
     *
     * # Errors
     * `E_ARGUMENT` for a key or nonce of another length.
     */
    addPrg(key: Uint8Array, nonce: Uint8Array, negate: boolean): void;
    /**
     * Adds as many vectors of the same size, or subtracts them.
     *
     * # Errors
     * `E_ARGUMENT` for another shape.
     */
    addRows(other: RingRows, negate: boolean): void;
    /**
     * For each of `t` rows the sum of its neurons' vectors, each times the pair's word of `a`: `t x dim` words out. Pairs
     * are those of `dots`.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or pairs that are not so.
     */
    combine(a: BigUint64Array, t: number, starts: Uint32Array, neurons: Uint32Array): BigUint64Array;
    /**
     * An independent copy.
     */
    copy(): RingRows;
    /**
     * The inner product of a row of `x`, `t x dim` words, and a neuron's vector, a word for each pair of a row and a
     * neuron: those of row `r` are `neurons[starts[r] .. starts[r + 1]]`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or pairs that are not so.
     */
    dots(x: BigUint64Array, t: number, starts: Uint32Array, neurons: Uint32Array): BigUint64Array;
    /**
     * `round(value * 2^scale)`, half to even, of `rows * dim` values, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
     */
    static fromF32(rows: number, dim: number, values: Float32Array, scale: number, bits?: number | null): RingRows;
    /**
     * The first `rows * dim` words of a key stream, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a key, nonce or shape that does not fit, or words of another size.
     */
    static fromPrg(rows: number, dim: number, key: Uint8Array, nonce: Uint8Array, bits?: number | null): RingRows;
    /**
     * From `rows * dim` words, kept in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or words of another size.
     */
    constructor(rows: number, dim: number, words: BigUint64Array, bits?: number | null);
    /**
     * The vectors of these neurons in this order, copied: a permutation shuffles, a range slices.
     *
     * # Errors
     * `E_ARGUMENT` for a neuron that does not exist.
     */
    select(order: Uint32Array): RingRows;
    /**
     * All words.
     */
    words(): BigUint64Array;
    /**
     * Zero vectors, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit, or words of another size.
     */
    static zeros(rows: number, dim: number, bits?: number | null): RingRows;
    /**
     * Words of a vector.
     */
    readonly dim: number;
    /**
     * How many vectors.
     */
    readonly rows: number;
    /**
     * Bits of a word as it is kept: 64, 48 or 32.
     */
    readonly wordBits: number;
}

/**
 * The gate of `SiLU` or GELU, less a half, as a sum of sines.
 */
export class Sines {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * To deal: two words a sine for each element.
     *
     * # Errors
     * `E_ARGUMENT` when that is too many for one call.
     */
    deal(lambda: BigUint64Array): Dealt;
    /**
     * Shares of the gate, less a half.
     *
     * # Errors
     * `E_ARGUMENT` for another number of dealt words.
     */
    eval(m: BigUint64Array, dealt: Dealt): BigUint64Array;
    /**
     * `gate` is `silu`, `gelu` or `gelu_tanh`; the wire has `width` bits and a scale; `publicBits` and `dealtBits` are the scales of
     * the factors.
     *
     * # Errors
     * `E_ARGUMENT` for a gate, width, scale, number or factors that do not exist.
     */
    constructor(gate: string, width: number, scale: number, count: number, publicBits: number, dealtBits: number);
}

/**
 * Where windows lie: `count` of `2^w` cells of `2^t` units each; window i drops `f + step i` bits.
 */
export class WindowShape {
    free(): void;
    [Symbol.dispose](): void;
    /**
     * `dmin` is the first cell of a window.
     */
    constructor(count: number, f: number, step: number, w: number, t: number, dmin: number);
}

/**
 * A function of a wire in windows of its range.
 */
export class Windows {
    private constructor();
    free(): void;
    [Symbol.dispose](): void;
    /**
     * To deal: `n x windows x 2^w x 2` words.
     *
     * # Errors
     * `E_ARGUMENT` when that is too many for one call.
     */
    deal(lambda: BigUint64Array): Dealt;
    /**
     * Shares of what each window adds to the one before, `n x windows`, from the shares of the words at `positions`.
     *
     * # Errors
     * `E_ARGUMENT` unless there are two words an element and window.
     */
    eval(m: BigUint64Array, pairs: BigUint64Array): BigUint64Array;
    /**
     * `ln(v / 2^point)` at `scale`.
     *
     * # Errors
     * `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
     */
    static log(at: WindowShape, scale: number, point: number): Windows;
    /**
     * A function of the mean square at a scale.
     *
     * # Errors
     * `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
     */
    static norm(at: WindowShape, scale: number, norm: NormFunction): Windows;
    /**
     * Where the two words of each element and window stand among the dealt ones.
     *
     * # Errors
     * `E_ARGUMENT` when the tables are too large for one call.
     */
    positions(m: BigUint64Array): Uint32Array;
}

/**
 * `a + b`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 */
export function addWords(a: BigUint64Array, b: BigUint64Array): BigUint64Array;

/**
 * `a - b + gamma`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 */
export function combineLinear(a: BigUint64Array, b: BigUint64Array, gamma: Dealt): BigUint64Array;

/**
 * XOR shares of `v >= threshold` for each element and threshold.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, for a `k` outside 2 to 64 or more than five digits.
 */
export function compareBits(p: number, m: BigUint64Array, thresholds: BigUint64Array, opened: BigUint64Array, alphaHalf: BigUint64Array, monomials: Dealt, k: number, digitsCount: number): BigUint64Array;

/**
 * XOR shares of the digits' bits, one word of `2 D - 1` bits for each element and threshold; to be opened under XOR
 * masks.
 *
 * # Errors
 * `E_ARGUMENT` for tables of another length, or digits as for `compareTables`.
 */
export function compareDigits(p: number, m: BigUint64Array, thresholds: BigUint64Array, tables: Dealt, k: number, digits: Uint8Array): BigUint64Array;

/**
 * To deal for `compareBits`, under XOR: products of the bits of `alpha`, the masks of what `compareDigits` opened.
 *
 * # Errors
 * `E_ARGUMENT` when `alpha` is not `n x thr`, for a `k` outside 2 to 64 or more than five digits.
 */
export function compareMonomials(lambda: BigUint64Array, alpha: BigUint64Array, k: number, digitsCount: number, thr: number): Dealt;

/**
 * To deal for `compareDigits`, under XOR: the tables of a wire's digits, `n x ceil(sum 2^digit / 64)` words.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits, the most significant first, that sum to `k - 1`.
 */
export function compareTables(lambda: BigUint64Array, k: number, digits: Uint8Array): Dealt;

/**
 * How many of the values a tensor of type `F32`, `F16` or `BF16` does not hold exactly.
 *
 * # Errors
 * `E_CHECKPOINT` for another type.
 */
export function countRounded(values: Float32Array, dtype: string): number;

/**
 * What server 1 gets of dealt words: `(words - stream) mod 2^width`, packed; with `xor`, `words ^ stream`. Word `i` of
 * the key stream belongs to position `i`.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce or width that does not exist.
 */
export function dealRemainder(key: Uint8Array, nonce: Uint8Array, dealt: Dealt, width: number, xor: boolean): Uint8Array;

/**
 * The values of a tensor (`F32`, `F16` or `BF16`) from its bytes.
 *
 * # Errors
 * `E_CHECKPOINT` for another type or bytes that are not whole values.
 */
export function decodeTensor(bytes: Uint8Array, dtype: string): Float32Array;

/**
 * The values of whole blocks of a tensor type of GGUF files.
 *
 * # Errors
 * `E_CHECKPOINT` for another type or bytes that are not whole blocks.
 */
export function dequantize(bytes: Uint8Array, kind: string): Float32Array;

/**
 * The bytes of values as a tensor of type `F32`, `F16` or `BF16`, rounded to nearest, ties to even.
 *
 * # Errors
 * `E_CHECKPOINT` for another type and for a value that is not finite or too large for the type.
 */
export function encodeTensor(values: Float32Array, dtype: string): Uint8Array;

/**
 * `e^x`.
 */
export function exp(x: number): number;

/**
 * To deal for `expServer`, of a wire of `width` bits: `2^(width - cellBits)` entries at scale `q` an element; cells from
 * `dtop` on are negative.
 *
 * # Errors
 * `E_ARGUMENT` for a `q` above 52, a `dtop` above the number of cells, a `width` outside 21 to 28, a `cellBits`
 * outside 14 to 18, or too many elements for one call.
 */
export function expDealer(lambda: BigUint64Array, width: number, cellBits: number, q: number, dtop: number): Dealt;

/**
 * Where each element's entry stands among the dealt ones.
 *
 * # Errors
 * `E_ARGUMENT` when the tables are too large for one call.
 */
export function expPositions(m: BigUint64Array, width: number, cellBits: number): Uint32Array;

/**
 * The share of each exp of a wire of `width` bits and scale 14, at scale `pBits` plus the entries'.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, for a `width` outside 21 to 28, a `cellBits` outside 14 to 18 or a `pBits` above 50.
 */
export function expServer(m: BigUint64Array, entries: BigUint64Array, width: number, cellBits: number, pBits: number): BigUint64Array;

/**
 * Each value that is more than the threshold; zero for the others.
 */
export function fatRelu(x: Float32Array, threshold: number): Float32Array;

/**
 * Causal attention of one sequence: each row's mean of the values up to its own position, weighted by the softmax of its scores.
 * `q` is `rows x (heads headDim)` and scaled, `k` and `v` are `n x (kvHeads headDim)`; their last rows stand where `q` does. `facts`
 * becomes, for each row and head, the log-sum-exp of the scores, the least and the largest; it may be empty. The result is as
 * large as `q`.
 *
 * # Errors
 * `E_ARGUMENT` for lengths that do not belong together.
 */
export function floatAttend(q: Float32Array, k: Float32Array, v: Float32Array, heads: number, kvHeads: number, headDim: number, facts: Float64Array): Float32Array;

/**
 * `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` is not whole rows.
 */
export function floatRowsDot(a: Float32Array, x: Float32Array): Float32Array;

/**
 * `round(value * 2^scale) mod 2^width`, half to even.
 *
 * # Errors
 * `E_RANGE` for a value that is not a number or does not fit; `E_ARGUMENT` for a width outside 1 to 64 or a scale
 * above 63.
 */
export function floatToWords(values: Float32Array, scale: number, width: number): BigUint64Array;

/**
 * `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` has another shape.
 */
export function floatWeightedRows(p: Float32Array, a: Float32Array, h: number): Float32Array;

/**
 * Each value times the probability that a normal variable is less.
 */
export function gelu(x: Float32Array): Float32Array;

/**
 * The same by a hyperbolic tangent.
 */
export function geluTanh(x: Float32Array): Float32Array;

/**
 * The same of `count` words from what both servers sent, packed; bits with `xor`.
 *
 * # Errors
 * `E_ARGUMENT` for bytes of another length or a width outside 1 to 64.
 */
export function joinPacked(mine: Uint8Array, theirs: Uint8Array, count: number, width: number, xor: boolean): BigUint64Array;

/**
 * The opened wire: `(mine + theirs) mod 2^width`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
 */
export function joinWords(mine: BigUint64Array, theirs: BigUint64Array, width: number): BigUint64Array;

/**
 * `(x - mean) / sqrt(variance + eps) * gain + bias` for each row of `gain.length` values.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows or `bias` has another length than `gain`.
 */
export function layerNorm(x: Float32Array, gain: Float32Array, bias: Float32Array, eps: number): Float32Array;

/**
 * To deal for `liftServer`: `lambda >> f` of all elements, then `msb(lambda) 2^(k-f)`; `2 n` words.
 *
 * # Errors
 * `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function liftDealer(lambda: BigUint64Array, k: number, f: number): Dealt;

/**
 * To deal for `liftProductServer`: A and B of x and of y, then their four products; `8 n` words.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2` of both.
 */
export function liftProductDealer(lambdaX: BigUint64Array, kX: number, fX: number, lambdaY: BigUint64Array, kY: number, fY: number): Dealt;

/**
 * Shares of `(lift(x) + plus) lift(y)`, modulo 2^64.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2` of both.
 */
export function liftProductServer(p: number, mX: BigUint64Array, kX: number, fX: number, mY: BigUint64Array, kY: number, fY: number, plus: bigint, dealt: Dealt): BigUint64Array;

/**
 * Shares, modulo 2^64, of a wire of `k` bits shifted right by `f`; `dealt` are the shares of `liftDealer`'s words.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function liftServer(p: number, m: BigUint64Array, dealt: Dealt, k: number, f: number): BigUint64Array;

/**
 * To deal for `liftSquareServer`: A, B, and their three products; `5 n` words.
 *
 * # Errors
 * `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function liftSquareDealer(lambda: BigUint64Array, k: number, f: number): Dealt;

/**
 * Shares of `lift(x)^2`, modulo 2^64.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function liftSquareServer(p: number, m: BigUint64Array, k: number, f: number, dealt: Dealt): BigUint64Array;

/**
 * The natural logarithm.
 */
export function ln(x: number): number;

/**
 * `ln sum exp(x)`; negative infinity for no values.
 */
export function logSumExp(x: Float32Array): number;

/**
 * The mask of a wire, from both halves' key streams: their sum mod `2^width`, with `xor` their exclusive or.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 */
export function maskOf(key0: Uint8Array, key1: Uint8Array, nonce: Uint8Array, count: number, width: number, xor: boolean): BigUint64Array;

/**
 * `a mod 2^width`.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 */
export function maskWords(a: BigUint64Array, width: number): BigUint64Array;

/**
 * Bytes of linear memory that this instance has taken; it never gives any back. Zero outside WebAssembly.
 */
export function memoryBytes(): number;

/**
 * Bits of a word of `compareMonomials` for `digitsCount` digits.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits.
 */
export function monomialBits(digitsCount: number): number;

/**
 * `-a`.
 */
export function negWords(a: BigUint64Array): BigUint64Array;

/**
 * What a server sends to open a wire: `(share + half) mod 2^width`, packed; bits with `xor`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
 */
export function openPacked(share: BigUint64Array, half: BigUint64Array, width: number, xor: boolean): Uint8Array;

/**
 * The low `width` bits of each word, contiguous, little endian.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 */
export function packWords(words: BigUint64Array, width: number): Uint8Array;

/**
 * `a + b`, element by element.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths.
 */
export function plainAdd(a: BigUint64Array, b: BigUint64Array): BigUint64Array;

/**
 * GE of wires of width `k`: for each wire, one bit for every threshold.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 */
export function plainAtLeast(v: BigUint64Array, thresholds: BigUint64Array, k: number): BigUint64Array;

/**
 * EXP of a wire of `width` bits with cells of `2^cellBits` units.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths, a `width` outside 21 to 28, or a `cellBits` outside 14 to 18.
 */
export function plainExp(v: BigUint64Array, l: BigUint64Array, width: number, cellBits: number, p: number, q: number, dtop: number): BigUint64Array;

/**
 * lift of wires of width `k` by `f`.
 *
 * # Errors
 * `E_ARGUMENT` for widths or lengths that do not fit.
 */
export function plainLift(v: BigUint64Array, l: BigUint64Array, k: number, f: number): BigUint64Array;

/**
 * `ln_i` of Z.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths or a window that does not exist.
 */
export function plainLn(v: BigUint64Array, l: BigUint64Array, window: number): BigUint64Array;

/**
 * RSQRT: `factor` times the mean square to the power of `power` halves.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths.
 */
export function plainNorm(v: BigUint64Array, l: BigUint64Array, f: number, w: number, t: number, dmin: number, scale: number, s6: number, d: number, eps: number, power: number, factor: number): BigUint64Array;

/**
 * Each value mod `2^width`.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 */
export function plainReduce(v: BigUint64Array, width: number): BigUint64Array;

/**
 * Vectors of one head each, turned by their positions.
 *
 * # Errors
 * `E_ARGUMENT` when `v` is not a vector for each position, or vectors have fewer values than pairs.
 */
export function plainRotate(v: BigUint64Array, positions: Uint32Array, frequencies: Float32Array, bits: number): BigUint64Array;

/**
 * Each row of `x` times one element of `r`.
 */
export function plainScaleRows(r: BigUint64Array, x: BigUint64Array): BigUint64Array;

/**
 * Scores of groups, less their centres, one a group. `keys` are rows of `width` words, `q` is `groups x dim`.
 *
 * # Errors
 * `E_ARGUMENT` for lengths, heads or positions that do not fit.
 */
export function plainScores(q: BigUint64Array, keys: BigUint64Array, centers: BigUint64Array, heads: Uint32Array, lengths: Uint32Array, width: number, dim: number): BigUint64Array;

/**
 * `s 2^3 - ln`, with one ln a group.
 *
 * # Errors
 * `E_ARGUMENT` for lengths that do not fit.
 */
export function plainShifted(s: BigUint64Array, ln: BigUint64Array, lengths: Uint32Array): BigUint64Array;

/**
 * SINES of wires of `width` bits and a scale.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths, or a gate that does not exist.
 */
export function plainSines(v: BigUint64Array, l: BigUint64Array, gate: string, width: number, scale: number, count: number, publicBits: number, dealtBits: number): BigUint64Array;

/**
 * Sum of squares of each of `rows` rows.
 */
export function plainSumSquares(x: BigUint64Array, rows: number): BigUint64Array;

/**
 * Sums over positions, one a group.
 *
 * # Errors
 * `E_ARGUMENT` for another number of values.
 */
export function plainSums(values: BigUint64Array, lengths: Uint32Array): BigUint64Array;

/**
 * TR of wires of width `k` by `f`.
 *
 * # Errors
 * `E_ARGUMENT` for widths or lengths that do not fit.
 */
export function plainTruncate(v: BigUint64Array, l: BigUint64Array, k: number, f: number): BigUint64Array;

/**
 * `p V` of groups, `groups x dim`. `values` are rows of `width` words.
 *
 * # Errors
 * `E_ARGUMENT` for lengths, heads or positions that do not fit.
 */
export function plainWeighted(p: BigUint64Array, values: BigUint64Array, heads: Uint32Array, lengths: Uint32Array, width: number, dim: number): BigUint64Array;

/**
 * A server's share from its key stream: its first `count` words, as `prgWords` gives them.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 */
export function prgDealt(key: Uint8Array, nonce: Uint8Array, count: number, width: number): Dealt;

/**
 * The words of a key stream at `positions`, mod `2^width`.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce or width that does not exist.
 */
export function prgGather(key: Uint8Array, nonce: Uint8Array, positions: Uint32Array, width: number): BigUint64Array;

/**
 * The words `firstWord ..` of a key stream, each reduced to its low `width` bits.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 */
export function prgWords(key: Uint8Array, nonce: Uint8Array, firstWord: number, count: number, width: number): BigUint64Array;

/**
 * Values and bytes of one block of a tensor type of GGUF files, by ggml's name; nothing for one that `dequantize` does
 * not know.
 */
export function quantBlock(kind: string): Uint32Array | undefined;

/**
 * `round(value * 2^scale)`, half to even, as words.
 *
 * # Errors
 * `E_RANGE` for a value that is not finite or not below 2^40 after scaling.
 */
export function quantise(values: Float32Array, scale: number): BigUint64Array;

/**
 * `max(x, 0)` of each value.
 */
export function relu(x: Float32Array): Float32Array;

/**
 * `max(x, 0)^2` of each value.
 */
export function reluSquared(x: Float32Array): Float32Array;

/**
 * `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` is not whole rows.
 */
export function ringRowsDot(a: BigUint64Array, x: BigUint64Array): BigUint64Array;

/**
 * `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` has another shape.
 */
export function ringWeightedRows(p: BigUint64Array, a: BigUint64Array, h: number): BigUint64Array;

/**
 * `x / sqrt(mean(x^2) + eps) * gain` for some columns of each row of `cols` values: `count` pieces of `gain.length` values from column
 * `from` on, each by itself. Other columns stay as they are.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows, or has not these columns.
 */
export function rmsNorm(x: Float32Array, cols: number, from: number, count: number, gain: Float32Array, eps: number): Float32Array;

/**
 * Rotates the first `heads` heads of `dim` values of each row, which stands at its position: value `i` of a head and value
 * `i + frequencies.length` are turned together by `frequencies[i]` radians a position, and multiplied by `factor`.
 *
 * # Errors
 * `E_ARGUMENT` for lengths that do not belong together.
 */
export function rotate(x: Float32Array, positions: Uint32Array, heads: number, dim: number, frequencies: Float32Array, factor: number): Float32Array;

/**
 * Rows of one head each, turned by their positions: values `i` and `i + frequencies.length` are a pair. `bits` finer.
 *
 * # Errors
 * `E_ARGUMENT` when `words` is not a row for each position, has rows with fewer values than pairs, or for more than 30 bits.
 */
export function rotateWords(words: BigUint64Array, positions: Uint32Array, frequencies: Float32Array, bits: number): BigUint64Array;

/**
 * The nearest integer, half away from zero.
 */
export function round(x: number): number;

/**
 * The largest magnitude in columns `from .. to` of each row of `cols` values; NaN where one of them is NaN.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows, or has not these columns.
 */
export function rowPeaks(x: Float32Array, cols: number, from: number, to: number): Float32Array;

/**
 * The largest magnitude of each row of `x` less `bias`; NaN where one of them is NaN.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not rows as long as `bias`.
 */
export function rowPeaksWithout(x: Float32Array, bias: Float32Array): Float32Array;

/**
 * `{"tensors": {name: {"dtype", "shape", "start", "end"}}, "metadata", "size"}` as JSON from a file's first bytes;
 * `start` and `end` are offsets in the file, `size` is how long it must be.
 *
 * # Errors
 * `E_CHECKPOINT` when the header is cut off or not valid.
 */
export function safetensorsHeader(bytes: Uint8Array): string;

/**
 * How many of a file's first bytes `safetensorsHeader` needs, from the first eight.
 *
 * # Errors
 * `E_CHECKPOINT` when there are fewer or the number is absurd.
 */
export function safetensorsHeaderBytes(bytes: Uint8Array): number;

/**
 * To deal for `scaleLiftServer`: A, B, `lambdaR A`, `lambdaR B`, each for all elements; `4 T n` words.
 *
 * # Errors
 * `E_ARGUMENT` when `lambdaU` is not as many rows as `lambdaR` has elements, or unless `2 <= k <= 64` and `f <= k -
 * 2`.
 */
export function scaleLiftDealer(lambdaR: BigUint64Array, lambdaU: BigUint64Array, k: number, f: number): Dealt;

/**
 * Shares of `r lift(u)`, right in the width of r, which has one element a row; u has width `k`.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function scaleLiftServer(p: number, mR: BigUint64Array, halfR: BigUint64Array, mU: BigUint64Array, dealt: Dealt, k: number, f: number): BigUint64Array;

/**
 * To deal for `scaleRowsServer`: `lambdaR lambdaX`.
 *
 * # Errors
 * `E_ARGUMENT` when `lambdaX` is not as many rows as `lambdaR` has elements.
 */
export function scaleRowsDealer(lambdaR: BigUint64Array, lambdaX: BigUint64Array): Dealt;

/**
 * Shares of `r x`, right in the width of r, which has one element a row.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together.
 */
export function scaleRowsServer(p: number, mR: BigUint64Array, halfR: BigUint64Array, mX: BigUint64Array, halfX: BigUint64Array, gamma: Dealt): BigUint64Array;

/**
 * `a * factor`; the factor counts modulo 2^64.
 */
export function scaleWords(a: BigUint64Array, factor: bigint): BigUint64Array;

/**
 * To deal for `selectLiftServer`: the words of `liftDealer`, then `beta` (0 or 1) and `beta` times each of the former;
 * `5 n` words.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function selectLiftDealer(beta: BigUint64Array, lambda: BigUint64Array, k: number, f: number): Dealt;

/**
 * Shares of `b lift(x)`, where `z = b ^ beta` are public bits and x has width `k`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function selectLiftServer(p: number, z: BigUint64Array, m: BigUint64Array, dealt: Dealt, k: number, f: number): BigUint64Array;

/**
 * To deal for `selectScaleLiftServer`: the words of `scaleLiftDealer`, then `beta` (0 or 1), `beta lambdaR` and `beta` times
 * each of the former; `10 T n` words.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function selectScaleLiftDealer(beta: BigUint64Array, lambdaR: BigUint64Array, lambdaU: BigUint64Array, k: number, f: number): Dealt;

/**
 * Shares of `b r lift(u)`, where `z = b ^ beta` are public bits and r has one element a row; right in the width of r.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 */
export function selectScaleLiftServer(p: number, z: BigUint64Array, mR: BigUint64Array, halfR: BigUint64Array, mU: BigUint64Array, dealt: Dealt, k: number, f: number): BigUint64Array;

/**
 * `(word mod 2^width) >> f` for each word.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or a shift that is not below it.
 */
export function shiftRight(words: BigUint64Array, width: number, f: number): BigUint64Array;

/**
 * Shares of `s 2^f - log`, the last (one a group) for every j.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together.
 */
export function shiftScores(p: number, mS: BigUint64Array, halfS: BigUint64Array, logShare: BigUint64Array, lengths: Uint32Array, f: number): BigUint64Array;

/**
 * To deal for `signServer`, under XOR: `2^(w-7)` words an element of `k` bits.
 *
 * # Errors
 * `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or for too many elements for one call.
 */
export function signDealer(lambda: BigUint64Array, k: number, w: number): Dealt;

/**
 * Where the word with each element's bit stands among the dealt ones.
 *
 * # Errors
 * `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or when the tables are too large for one call.
 */
export function signPositions(m: BigUint64Array, k: number, w: number): Uint32Array;

/**
 * XOR shares of `v >= 0`, of the top `w` of `k` bits, from the shares of the words at `signPositions`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `7 <= w <= 14` and `w < k <= 64`.
 */
export function signServer(p: number, m: BigUint64Array, tables: BigUint64Array, k: number, w: number): BigUint64Array;

/**
 * Words read as signed numbers of `width` bits, divided by `2^scale`.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or a scale above 63.
 */
export function signedToFloat(words: BigUint64Array, width: number, scale: number): Float32Array;

/**
 * `x / (1 + e^-x)` of each value.
 */
export function silu(x: Float32Array): Float32Array;

/**
 * Whether the kernels were built with vector instructions.
 */
export function simd(): boolean;

/**
 * The softmax of each row of `cols` values.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows.
 */
export function softmaxRows(x: Float32Array, cols: number): Float32Array;

/**
 * The square root.
 */
export function sqrt(x: number): number;

/**
 * `x^(2^count)` by `count` multiplications that wait for each other: a clock, where the latency of one is known.
 */
export function squareChain(x: bigint, count: number): bigint;

/**
 * `a - b`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 */
export function subWords(a: BigUint64Array, b: BigUint64Array): BigUint64Array;

/**
 * The sum over j of every group.
 *
 * # Errors
 * `E_ARGUMENT` for another number of shares.
 */
export function sumScores(shares: BigUint64Array, lengths: Uint32Array): BigUint64Array;

/**
 * To deal for `sumSquaresServer`: the sum of each row's squared mask.
 *
 * # Errors
 * `E_ARGUMENT` when `lambda` is not whole rows.
 */
export function sumSquaresDealer(lambda: BigUint64Array, rows: number): Dealt;

/**
 * Shares of each row's sum of squares.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together.
 */
export function sumSquaresServer(p: number, m: BigUint64Array, half: BigUint64Array, gamma: Dealt, rows: number): BigUint64Array;

/**
 * `a >> f` of reduced words.
 *
 * # Errors
 * `E_ARGUMENT` for a shift above 63.
 */
export function truncateWords(a: BigUint64Array, f: number): BigUint64Array;

/**
 * The other server's share from the tape, as `unpackWords` gives it.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
 */
export function unpackDealt(bytes: Uint8Array, width: number, count: number): Dealt;

/**
 * The words of `width` bits at `positions` of packed bytes.
 *
 * # Errors
 * `E_ARGUMENT` for a width that does not exist or a position that is not inside the bytes.
 */
export function unpackGather(bytes: Uint8Array, width: number, positions: Uint32Array): BigUint64Array;

/**
 * `count` words of `width` bits from exactly as many bytes as they fill. Bits after the last word are ignored.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
 */
export function unpackWords(bytes: Uint8Array, width: number, count: number): BigUint64Array;

/**
 * To deal for `windowSelect`: products of the bits of `alpha` (`n x thr`), the masks of what `windowDigits` opened,
 * then the same times `lambda` (`n x (thr + 1)`), the mask of what the windows add.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together or unless there are 1 to 5 digits.
 */
export function windowDealer(alpha: BigUint64Array, lambda: BigUint64Array, digitsCount: number, thr: number): Dealt;

/**
 * XOR shares of the digits' bits, one word of `2 D - 1` bits for each element and threshold; to be opened under XOR
 * masks.
 *
 * # Errors
 * `E_ARGUMENT` for tables of another length, or digits as for `windowTables`.
 */
export function windowDigits(p: number, m: BigUint64Array, thresholds: BigUint64Array, tables: Dealt, k: number, digits: Uint8Array): BigUint64Array;

/**
 * Words of `windowDealer` of each kind, a comparison of `digitsCount` digits.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits.
 */
export function windowMonomials(digitsCount: number): number;

/**
 * Shares of the sum of what those windows add whose threshold is reached; the first has none.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together or unless there are 1 to 5 digits.
 */
export function windowSelect(p: number, opened: BigUint64Array, m: BigUint64Array, half: BigUint64Array, dealt: Dealt, digitsCount: number, thr: number): BigUint64Array;

/**
 * To deal for `windowDigits`, under XOR: the tables of a wire's digits, `n x ceil(sum 2^digit / 64)` words.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits, the most significant first, that sum to `k`.
 */
export function windowTables(lambda: BigUint64Array, k: number, digits: Uint8Array): Dealt;

/**
 * The exclusive or of all words of a matrix: reads the bytes that a product reads, as fast as vector loads can.
 */
export function xorMatrix(matrix: RingMatrix): bigint;

/**
 * `a ^ b`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 */
export function xorWords(a: BigUint64Array, b: BigUint64Array): BigUint64Array;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_dealt_free: (a: number, b: number) => void;
    readonly __wbg_floatmatrix_free: (a: number, b: number) => void;
    readonly __wbg_functiontable_free: (a: number, b: number) => void;
    readonly __wbg_integerrows_free: (a: number, b: number) => void;
    readonly __wbg_maskcache_free: (a: number, b: number) => void;
    readonly __wbg_maskedcache_free: (a: number, b: number) => void;
    readonly __wbg_normfunction_free: (a: number, b: number) => void;
    readonly __wbg_ringmatrix_free: (a: number, b: number) => void;
    readonly __wbg_ringrows_free: (a: number, b: number) => void;
    readonly __wbg_sines_free: (a: number, b: number) => void;
    readonly __wbg_windows_free: (a: number, b: number) => void;
    readonly __wbg_windowshape_free: (a: number, b: number) => void;
    readonly addWords: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly combineLinear: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly compareBits: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => [number, number, number, number];
    readonly compareDigits: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly compareMonomials: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly compareTables: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly countRounded: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly dealRemainder: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly dealt_length: (a: number) => number;
    readonly dealt_new: (a: number, b: number) => number;
    readonly dealt_words: (a: number) => [number, number];
    readonly decodeTensor: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly dequantize: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly encodeTensor: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly exp: (a: number) => number;
    readonly expDealer: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly expPositions: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly expServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly fatRelu: (a: number, b: number, c: number) => [number, number];
    readonly floatAttend: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: any) => [number, number, number, number];
    readonly floatRowsDot: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly floatToWords: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly floatWeightedRows: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly floatmatrix_cols: (a: number) => number;
    readonly floatmatrix_fromRows: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly floatmatrix_mul: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly floatmatrix_mulBiased: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly floatmatrix_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly floatmatrix_rows: (a: number) => number;
    readonly functiontable_deal: (a: number, b: number, c: number) => [number, number, number];
    readonly functiontable_eval: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly functiontable_norm: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly functiontable_positions: (a: number, b: number, c: number) => [number, number, number, number];
    readonly gelu: (a: number, b: number) => [number, number];
    readonly geluTanh: (a: number, b: number) => [number, number];
    readonly integerrows_bits: (a: number) => number;
    readonly integerrows_combine: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly integerrows_dim: (a: number) => number;
    readonly integerrows_dots: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly integerrows_narrowed: (a: number) => [number, number, number];
    readonly integerrows_new: (a: number, b: number, c: number) => [number, number, number];
    readonly integerrows_rows: (a: number) => number;
    readonly integerrows_select: (a: number, b: number, c: number) => [number, number, number];
    readonly integerrows_setF32: (a: number, b: number, c: number, d: number, e: number) => [number, number];
    readonly integerrows_values: (a: number) => [number, number];
    readonly integerrows_xorElements: (a: number) => bigint;
    readonly joinPacked: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly joinWords: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly layerNorm: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly liftDealer: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly liftProductDealer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number];
    readonly liftProductServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: bigint, k: number) => [number, number, number, number];
    readonly liftServer: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly liftSquareDealer: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly liftSquareServer: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly ln: (a: number) => number;
    readonly logSumExp: (a: number, b: number) => number;
    readonly maskOf: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly maskWords: (a: number, b: number, c: number) => [number, number, number, number];
    readonly maskcache_bytes: (a: number) => number;
    readonly maskcache_missing: (a: number, b: number, c: number) => [number, number, number, number];
    readonly maskcache_new: (a: number, b: number, c: number) => [number, number, number];
    readonly maskcache_put: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number];
    readonly maskcache_scores: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly maskcache_truncate: (a: number, b: number) => void;
    readonly maskcache_weighted: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly maskedcache_bytes: (a: number) => number;
    readonly maskedcache_missing: (a: number, b: number, c: number) => [number, number, number, number];
    readonly maskedcache_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly maskedcache_put: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number];
    readonly maskedcache_scores: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => [number, number, number, number];
    readonly maskedcache_truncate: (a: number, b: number) => void;
    readonly maskedcache_weighted: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly memoryBytes: () => number;
    readonly monomialBits: (a: number) => [number, number, number];
    readonly negWords: (a: number, b: number) => [number, number];
    readonly normfunction_new: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly openPacked: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly packWords: (a: number, b: number, c: number) => [number, number, number, number];
    readonly plainAdd: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly plainAtLeast: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly plainExp: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly plainLift: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly plainLn: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly plainNorm: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number, m: number, n: number) => [number, number, number, number];
    readonly plainReduce: (a: number, b: number, c: number) => [number, number, number, number];
    readonly plainRotate: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly plainScaleRows: (a: number, b: number, c: number, d: number) => [number, number];
    readonly plainScores: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => [number, number, number, number];
    readonly plainShifted: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly plainSines: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number) => [number, number, number, number];
    readonly plainSumSquares: (a: number, b: number, c: number) => [number, number];
    readonly plainSums: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly plainTruncate: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number, number];
    readonly plainWeighted: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly prgDealt: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly prgGather: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly prgWords: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly quantBlock: (a: number, b: number) => [number, number];
    readonly quantise: (a: number, b: number, c: number) => [number, number, number, number];
    readonly relu: (a: number, b: number) => [number, number];
    readonly reluSquared: (a: number, b: number) => [number, number];
    readonly ringRowsDot: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly ringWeightedRows: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly ringmatrix_addMatrix: (a: number, b: number, c: number) => [number, number];
    readonly ringmatrix_addPacked: (a: number, b: number, c: number, d: number) => [number, number];
    readonly ringmatrix_addPrg: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly ringmatrix_cols: (a: number) => number;
    readonly ringmatrix_columns: (a: number, b: number, c: number) => [number, number, number];
    readonly ringmatrix_copy: (a: number) => number;
    readonly ringmatrix_fromF32: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly ringmatrix_fromPrg: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly ringmatrix_mul: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly ringmatrix_mulColumnBlocks: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly ringmatrix_mulRowBlocks: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly ringmatrix_new: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly ringmatrix_rows: (a: number) => number;
    readonly ringmatrix_wordBits: (a: number) => number;
    readonly ringmatrix_words: (a: number) => [number, number];
    readonly ringmatrix_zeros: (a: number, b: number, c: number) => [number, number, number];
    readonly ringrows_addPacked: (a: number, b: number, c: number, d: number) => [number, number];
    readonly ringrows_addPrg: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly ringrows_addRows: (a: number, b: number, c: number) => [number, number];
    readonly ringrows_combine: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly ringrows_copy: (a: number) => number;
    readonly ringrows_dim: (a: number) => number;
    readonly ringrows_dots: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly ringrows_fromF32: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly ringrows_fromPrg: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly ringrows_new: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly ringrows_rows: (a: number) => number;
    readonly ringrows_select: (a: number, b: number, c: number) => [number, number, number];
    readonly ringrows_wordBits: (a: number) => number;
    readonly ringrows_words: (a: number) => [number, number];
    readonly ringrows_zeros: (a: number, b: number, c: number) => [number, number, number];
    readonly rmsNorm: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly rotate: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly rotateWords: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly round: (a: number) => number;
    readonly rowPeaks: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly rowPeaksWithout: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly safetensorsHeader: (a: number, b: number) => [number, number, number, number];
    readonly safetensorsHeaderBytes: (a: number, b: number) => [number, number, number];
    readonly scaleLiftDealer: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly scaleLiftServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly scaleRowsDealer: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly scaleRowsServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly scaleWords: (a: number, b: number, c: bigint) => [number, number];
    readonly selectLiftDealer: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly selectLiftServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number, number];
    readonly selectScaleLiftDealer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number) => [number, number, number];
    readonly selectScaleLiftServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number, k: number, l: number) => [number, number, number, number];
    readonly shiftRight: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly shiftScores: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly signDealer: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly signPositions: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly signServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly signedToFloat: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly silu: (a: number, b: number) => [number, number];
    readonly simd: () => number;
    readonly sines_deal: (a: number, b: number, c: number) => [number, number, number];
    readonly sines_eval: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly sines_new: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number];
    readonly softmaxRows: (a: number, b: number, c: number) => [number, number, number, number];
    readonly sqrt: (a: number) => number;
    readonly squareChain: (a: bigint, b: number) => bigint;
    readonly subWords: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly sumScores: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly sumSquaresDealer: (a: number, b: number, c: number) => [number, number, number];
    readonly sumSquaresServer: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly truncateWords: (a: number, b: number, c: number) => [number, number, number, number];
    readonly unpackDealt: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly unpackGather: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly unpackWords: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly windowDealer: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly windowDigits: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number) => [number, number, number, number];
    readonly windowMonomials: (a: number) => [number, number, number];
    readonly windowSelect: (a: number, b: number, c: number, d: number, e: number, f: number, g: number, h: number, i: number, j: number) => [number, number, number, number];
    readonly windowTables: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly windows_deal: (a: number, b: number, c: number) => [number, number, number];
    readonly windows_eval: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly windows_log: (a: number, b: number, c: number) => [number, number, number];
    readonly windows_norm: (a: number, b: number, c: number) => [number, number, number];
    readonly windows_positions: (a: number, b: number, c: number) => [number, number, number, number];
    readonly windowshape_new: (a: number, b: number, c: number, d: number, e: number, f: number) => number;
    readonly xorMatrix: (a: number) => bigint;
    readonly xorWords: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __wbindgen_start: () => void;
}

export type SyncInitInput = BufferSource | WebAssembly.Module;

/**
 * Instantiates the given `module`, which can either be bytes or
 * a precompiled `WebAssembly.Module`.
 *
 * @param {{ module: SyncInitInput }} module - Passing `SyncInitInput` directly is deprecated.
 *
 * @returns {InitOutput}
 */
export function initSync(module: { module: SyncInitInput } | SyncInitInput): InitOutput;

/**
 * If `module_or_path` is {RequestInfo} or {URL}, makes a request and
 * for everything else, calls `WebAssembly.instantiate` directly.
 *
 * @param {{ module_or_path: InitInput | Promise<InitInput> }} module_or_path - Passing `InitInput` directly is deprecated.
 *
 * @returns {Promise<InitOutput>}
 */
export default function __wbg_init (module_or_path?: { module_or_path: InitInput | Promise<InitInput> } | InitInput | Promise<InitInput>): Promise<InitOutput>;
