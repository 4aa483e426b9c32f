/* tslint:disable */
/* eslint-disable */

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
 * A matrix of words of `Z_2^64`, `rows` inputs by `cols` outputs. All words cross in row-major order.
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
     * `round(value * 2^scale)`, half to even, of `rows * cols` values.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
     */
    static fromF32(rows: number, cols: number, values: Float32Array, scale: number): RingMatrix;
    /**
     * The first `rows * cols` words of a key stream.
     *
     * # Errors
     * `E_ARGUMENT` for a key, nonce or shape that does not fit.
     */
    static fromPrg(rows: number, cols: number, key: Uint8Array, nonce: Uint8Array): RingMatrix;
    /**
     * `x W`: `t x rows` words in, `t x cols` words out.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words.
     */
    mul(x: BigUint64Array, t: number): BigUint64Array;
    /**
     * From `rows * cols` words.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words.
     */
    constructor(rows: number, cols: number, words: BigUint64Array);
    /**
     * All words.
     */
    words(): BigUint64Array;
    /**
     * The zero matrix.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit.
     */
    static zeros(rows: number, cols: number): RingMatrix;
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
 * The values of a tensor (`F32`, `F16` or `BF16`) from its bytes.
 *
 * # Errors
 * `E_CHECKPOINT` for another type or bytes that are not whole values.
 */
export function decodeTensor(bytes: Uint8Array, dtype: string): Float32Array;

/**
 * `e^x`.
 */
export function exp(x: number): number;

/**
 * `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` is not whole rows.
 */
export function floatRowsDot(a: Float32Array, x: Float32Array): Float32Array;

/**
 * `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` has another shape.
 */
export function floatWeightedRows(p: Float32Array, a: Float32Array, h: number): Float32Array;

/**
 * `(x - mean) / sqrt(variance + eps) * gain + bias` for each row of `gain.length` values.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows or `bias` has another length than `gain`.
 */
export function layerNorm(x: Float32Array, gain: Float32Array, bias: Float32Array, eps: number): Float32Array;

/**
 * The natural logarithm.
 */
export function ln(x: number): number;

/**
 * `ln sum exp(x)`; negative infinity for no values.
 */
export function logSumExp(x: Float32Array): number;

/**
 * Bytes of linear memory that this instance has taken; it never gives any back. Zero outside WebAssembly.
 */
export function memoryBytes(): number;

/**
 * The low `width` bits of each word, contiguous, little endian.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 */
export function packWords(words: BigUint64Array, width: number): Uint8Array;

/**
 * The words `firstWord ..` of a key stream, each reduced to its low `width` bits.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 */
export function prgWords(key: Uint8Array, nonce: Uint8Array, firstWord: number, count: number, width: number): BigUint64Array;

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
 * The nearest integer, half away from zero.
 */
export function round(x: number): number;

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
 * `(word mod 2^width) >> f` for each word.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or a shift that is not below it.
 */
export function shiftRight(words: BigUint64Array, width: number, f: number): BigUint64Array;

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
 * `count` words of `width` bits from exactly as many bytes as they fill. Bits after the last word are ignored.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
 */
export function unpackWords(bytes: Uint8Array, width: number, count: number): BigUint64Array;

export type InitInput = RequestInfo | URL | Response | BufferSource | WebAssembly.Module;

export interface InitOutput {
    readonly memory: WebAssembly.Memory;
    readonly __wbg_floatmatrix_free: (a: number, b: number) => void;
    readonly __wbg_ringmatrix_free: (a: number, b: number) => void;
    readonly decodeTensor: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly exp: (a: number) => number;
    readonly floatRowsDot: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly floatWeightedRows: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly floatmatrix_cols: (a: number) => number;
    readonly floatmatrix_fromRows: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly floatmatrix_mul: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly floatmatrix_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly floatmatrix_rows: (a: number) => number;
    readonly layerNorm: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly ln: (a: number) => number;
    readonly logSumExp: (a: number, b: number) => number;
    readonly memoryBytes: () => number;
    readonly packWords: (a: number, b: number, c: number) => [number, number, number, number];
    readonly prgWords: (a: number, b: number, c: number, d: number, e: number, f: number, g: number) => [number, number, number, number];
    readonly quantise: (a: number, b: number, c: number) => [number, number, number, number];
    readonly relu: (a: number, b: number) => [number, number];
    readonly ringRowsDot: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly ringWeightedRows: (a: number, b: number, c: number, d: number, e: number) => [number, number, number, number];
    readonly ringmatrix_addMatrix: (a: number, b: number, c: number) => [number, number];
    readonly ringmatrix_addPrg: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number];
    readonly ringmatrix_cols: (a: number) => number;
    readonly ringmatrix_columns: (a: number, b: number, c: number) => [number, number, number];
    readonly ringmatrix_copy: (a: number) => number;
    readonly ringmatrix_fromF32: (a: number, b: number, c: number, d: number, e: number) => [number, number, number];
    readonly ringmatrix_fromPrg: (a: number, b: number, c: number, d: number, e: number, f: number) => [number, number, number];
    readonly ringmatrix_mul: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly ringmatrix_new: (a: number, b: number, c: number, d: number) => [number, number, number];
    readonly ringmatrix_rows: (a: number) => number;
    readonly ringmatrix_words: (a: number) => [number, number];
    readonly ringmatrix_zeros: (a: number, b: number) => [number, number, number];
    readonly round: (a: number) => number;
    readonly safetensorsHeader: (a: number, b: number) => [number, number, number, number];
    readonly safetensorsHeaderBytes: (a: number, b: number) => [number, number, number];
    readonly shiftRight: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly simd: () => number;
    readonly softmaxRows: (a: number, b: number, c: number) => [number, number, number, number];
    readonly sqrt: (a: number) => number;
    readonly unpackWords: (a: number, b: number, c: number, d: number) => [number, number, number, number];
    readonly __wbindgen_externrefs: WebAssembly.Table;
    readonly __wbindgen_malloc: (a: number, b: number) => number;
    readonly __wbindgen_realloc: (a: number, b: number, c: number, d: number) => number;
    readonly __externref_table_dealloc: (a: number) => void;
    readonly __wbindgen_free: (a: number, b: number, c: number) => void;
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
