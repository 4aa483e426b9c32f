/* @ts-self-types="./comet_kernels.d.ts" */

/**
 * Words that stay in the kernels' memory: most of what a gate reads or makes is dealt, and out of here it would be copied
 * twice. The call that takes them frees them.
 */
export class Dealt {
    static __wrap(ptr) {
        const obj = Object.create(Dealt.prototype);
        obj.__wbg_ptr = ptr;
        DealtFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        DealtFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_dealt_free(ptr, 0);
    }
    /**
     * @returns {number}
     */
    get length() {
        const ret = wasm.dealt_length(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Words from elsewhere.
     * @param {BigUint64Array} words
     */
    constructor(words) {
        const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.dealt_new(ptr0, len0);
        this.__wbg_ptr = ret;
        DealtFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * A copy of them.
     * @returns {BigUint64Array}
     */
    words() {
        const ret = wasm.dealt_words(this.__wbg_ptr);
        var v1 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
}
if (Symbol.dispose) Dealt.prototype[Symbol.dispose] = Dealt.prototype.free;

/**
 * A matrix of floats, `rows` inputs by `cols` outputs, for plaintext code.
 */
export class FloatMatrix {
    static __wrap(ptr) {
        const obj = Object.create(FloatMatrix.prototype);
        obj.__wbg_ptr = ptr;
        FloatMatrixFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        FloatMatrixFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_floatmatrix_free(ptr, 0);
    }
    /**
     * Outputs.
     * @returns {number}
     */
    get cols() {
        const ret = wasm.floatmatrix_cols(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * From `rows x cols` values, row-major, as the product `x W` reads them.
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     * @param {number} rows
     * @param {number} cols
     * @param {Float32Array} values
     * @returns {FloatMatrix}
     */
    static fromRows(rows, cols, values) {
        const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.floatmatrix_fromRows(rows, cols, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return FloatMatrix.__wrap(ret[0]);
    }
    /**
     * `x W + b`, one bias an output; as [`FloatMatrix::mul`].
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     * @param {Float32Array} x
     * @param {number} t
     * @param {Float32Array} bias
     * @returns {Float32Array}
     */
    mulBiased(x, t, bias) {
        const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArrayF32ToWasm0(bias, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.floatmatrix_mulBiased(this.__wbg_ptr, ptr0, len0, t, ptr1, len1);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v3;
    }
    /**
     * `x W`: `t x rows` values in, `t x cols` values out. Each row's result is the same whatever `t` is.
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     * @param {Float32Array} x
     * @param {number} t
     * @returns {Float32Array}
     */
    mul(x, t) {
        const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.floatmatrix_mul(this.__wbg_ptr, ptr0, len0, t);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
    /**
     * From the layout of Hugging Face's `Linear.weight`: `outputs x inputs`, row-major; `rows` is then `inputs`.
     *
     * # Errors
     * `E_ARGUMENT` for another number of values.
     * @param {number} outputs
     * @param {number} inputs
     * @param {Float32Array} values
     */
    constructor(outputs, inputs, values) {
        const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.floatmatrix_new(outputs, inputs, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        FloatMatrixFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Inputs.
     * @returns {number}
     */
    get rows() {
        const ret = wasm.floatmatrix_rows(this.__wbg_ptr);
        return ret >>> 0;
    }
}
if (Symbol.dispose) FloatMatrix.prototype[Symbol.dispose] = FloatMatrix.prototype.free;

/**
 * A smooth function of one opened wire by `2^w` masked linear pieces.
 */
export class FunctionTable {
    static __wrap(ptr) {
        const obj = Object.create(FunctionTable.prototype);
        obj.__wbg_ptr = ptr;
        FunctionTableFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        FunctionTableFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_functiontable_free(ptr, 0);
    }
    /**
     * To deal: `rows x 2^w x 2` words.
     *
     * # Errors
     * `E_ARGUMENT` when that is too many for one call.
     * @param {BigUint64Array} lambda
     * @returns {Dealt}
     */
    deal(lambda) {
        const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.functiontable_deal(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dealt.__wrap(ret[0]);
    }
    /**
     * The share of each row's result from the shares of the words at `positions`.
     *
     * # Errors
     * `E_ARGUMENT` unless there are two words a row.
     * @param {BigUint64Array} m
     * @param {BigUint64Array} pairs
     * @returns {BigUint64Array}
     */
    eval(m, pairs) {
        const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray64ToWasm0(pairs, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.functiontable_eval(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v3;
    }
    /**
     * A function of the mean square at a scale.
     *
     * # Errors
     * `E_ARGUMENT` for cells that do not exist or values that leave 64 bits.
     * @param {number} f
     * @param {number} w
     * @param {number} t
     * @param {number} dmin
     * @param {number} scale
     * @param {NormFunction} norm
     * @returns {FunctionTable}
     */
    static norm(f, w, t, dmin, scale, norm) {
        _assertClass(norm, NormFunction);
        const ret = wasm.functiontable_norm(f, w, t, dmin, scale, norm.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return FunctionTable.__wrap(ret[0]);
    }
    /**
     * Where each row's two words stand among the dealt ones.
     *
     * # Errors
     * `E_ARGUMENT` when the tables are too large for one call.
     * @param {BigUint64Array} m
     * @returns {Uint32Array}
     */
    positions(m) {
        const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.functiontable_positions(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
}
if (Symbol.dispose) FunctionTable.prototype[Symbol.dispose] = FunctionTable.prototype.free;

/**
 * `rows` vectors of `dim` public integers, of two bytes each, or of one where all of them fit. Words of products cross as 64-bit words.
 */
export class IntegerRows {
    static __wrap(ptr) {
        const obj = Object.create(IntegerRows.prototype);
        obj.__wbg_ptr = ptr;
        IntegerRowsFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        IntegerRowsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_integerrows_free(ptr, 0);
    }
    /**
     * Bits of an integer as it is kept: 16 or 8.
     * @returns {number}
     */
    get bits() {
        const ret = wasm.integerrows_bits(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * For each of `t` rows the sum of its vectors, each times the pair's word of `a`: `t x dim` words of `bits` out. Pairs are
     * those of `dots`.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, pairs that are not so, or words of another size.
     * @param {BigUint64Array} a
     * @param {number} t
     * @param {Uint32Array} starts
     * @param {Uint32Array} vectors
     * @param {number} bits
     * @returns {BigUint64Array}
     */
    combine(a, t, starts, vectors, bits) {
        const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(starts, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(vectors, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.integerrows_combine(this.__wbg_ptr, ptr0, len0, t, ptr1, len1, ptr2, len2, bits);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * Integers of a vector.
     * @returns {number}
     */
    get dim() {
        const ret = wasm.integerrows_dim(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The inner product of a row of `x`, `t x dim` words of `bits` (32, 48 or 64), and a vector, a word for each pair of a row and a
     * vector: those of row `r` are `vectors[starts[r] .. starts[r + 1]]`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, pairs that are not so, or words of another size.
     * @param {BigUint64Array} x
     * @param {number} t
     * @param {Uint32Array} starts
     * @param {Uint32Array} vectors
     * @param {number} bits
     * @returns {BigUint64Array}
     */
    dots(x, t, starts, vectors, bits) {
        const ptr0 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(starts, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(vectors, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.integerrows_dots(this.__wbg_ptr, ptr0, len0, t, ptr1, len1, ptr2, len2, bits);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * The same integers in one byte each.
     *
     * # Errors
     * `E_RANGE` when one does not fit.
     * @returns {IntegerRows}
     */
    narrowed() {
        const ret = wasm.integerrows_narrowed(this.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return IntegerRows.__wrap(ret[0]);
    }
    /**
     * Zero vectors of integers of `bits`: 16 unless given, or 8.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit, or integers of another size.
     * @param {number} rows
     * @param {number} dim
     * @param {number | null} [bits]
     */
    constructor(rows, dim, bits) {
        const ret = wasm.integerrows_new(rows, dim, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        IntegerRowsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * How many vectors.
     * @returns {number}
     */
    get rows() {
        const ret = wasm.integerrows_rows(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The vectors of these numbers in this order, copied: a permutation shuffles, a range slices.
     *
     * # Errors
     * `E_ARGUMENT` for a vector that does not exist.
     * @param {Uint32Array} order
     * @returns {IntegerRows}
     */
    select(order) {
        const ptr0 = passArray32ToWasm0(order, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.integerrows_select(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return IntegerRows.__wrap(ret[0]);
    }
    /**
     * Puts `round(value * 2^scale)`, half to even, of values at the places `first ..` of all vectors, one after the other.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or too large for an integer of this size, `E_ARGUMENT` for values that do not fit.
     * @param {number} first
     * @param {Float32Array} values
     * @param {number} scale
     */
    setF32(first, values, scale) {
        const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.integerrows_setF32(this.__wbg_ptr, first, ptr0, len0, scale);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * All integers, vector after vector.
     * @returns {Int16Array}
     */
    values() {
        const ret = wasm.integerrows_values(this.__wbg_ptr);
        var v1 = getArrayI16FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 2, 2);
        return v1;
    }
    /**
     * The exclusive or of all bytes, folded: the cheapest pass that reads every byte that a product reads.
     * @returns {bigint}
     */
    xorElements() {
        const ret = wasm.integerrows_xorElements(this.__wbg_ptr);
        return BigInt.asUintN(64, ret);
    }
}
if (Symbol.dispose) IntegerRows.prototype[Symbol.dispose] = IntegerRows.prototype.free;

/**
 * The dealer's masks of the same vectors.
 */
export class MaskCache {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        MaskCacheFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_maskcache_free(ptr, 0);
    }
    /**
     * Bytes allocated for vectors.
     * @returns {number}
     */
    bytes() {
        const ret = wasm.maskcache_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The holes of a head below `length`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
     * @param {number} head
     * @param {number} length
     * @returns {Uint32Array}
     */
    missing(head, length) {
        const ret = wasm.maskcache_missing(this.__wbg_ptr, head, length);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Room for `capacity` positions of `heads` vectors of `headDim`; memory is taken as they come.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit.
     * @param {number} heads
     * @param {number} headDim
     * @param {number} capacity
     */
    constructor(heads, headDim, capacity) {
        const ret = wasm.maskcache_new(heads, headDim, capacity);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        MaskCacheFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Keeps the masks of vectors, `jobs x headDim`: vector `k` is that of head `heads[k]` at `positions[k]`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
     * is filled. Nothing is kept then.
     * @param {Uint32Array} heads
     * @param {Uint32Array} positions
     * @param {BigUint64Array} lambda
     */
    put(heads, positions, lambda) {
        const ptr0 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.maskcache_put(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * To deal for the scores of groups; `lambdaQ` is `groups x headDim`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     * @param {BigUint64Array} lambdaQ
     * @param {Uint32Array} heads
     * @param {Uint32Array} lengths
     * @returns {Dealt}
     */
    scores(lambdaQ, heads, lengths) {
        const ptr0 = passArray64ToWasm0(lambdaQ, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.maskcache_scores(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dealt.__wrap(ret[0]);
    }
    /**
     * Forgets the positions from `n` on, of all heads.
     * @param {number} n
     */
    truncate(n) {
        wasm.maskcache_truncate(this.__wbg_ptr, n);
    }
    /**
     * To deal for the outputs of groups, `groups x headDim`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     * @param {BigUint64Array} lambdaP
     * @param {Uint32Array} heads
     * @param {Uint32Array} lengths
     * @returns {Dealt}
     */
    weighted(lambdaP, heads, lengths) {
        const ptr0 = passArray64ToWasm0(lambdaP, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.maskcache_weighted(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dealt.__wrap(ret[0]);
    }
}
if (Symbol.dispose) MaskCache.prototype[Symbol.dispose] = MaskCache.prototype.free;

/**
 * A server's cached keys or values of one layer.
 */
export class MaskedCache {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        MaskedCacheFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_maskedcache_free(ptr, 0);
    }
    /**
     * Bytes allocated for vectors.
     * @returns {number}
     */
    bytes() {
        const ret = wasm.maskedcache_bytes(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The holes of a head below `length`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for a head that does not exist or a length beyond the capacity.
     * @param {number} head
     * @param {number} length
     * @returns {Uint32Array}
     */
    missing(head, length) {
        const ret = wasm.maskedcache_missing(this.__wbg_ptr, head, length);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v1 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * Room for `capacity` positions of `heads` vectors of `headDim`; memory is taken as they come.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit.
     * @param {number} p
     * @param {number} heads
     * @param {number} headDim
     * @param {number} capacity
     */
    constructor(p, heads, headDim, capacity) {
        const ret = wasm.maskedcache_new(p, heads, headDim, capacity);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        MaskedCacheFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Keeps vectors of a wire, `jobs x headDim`: vector `k` is that of head `heads[k]` at `positions[k]`. Positions may
     * be filled in any order.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head or position that does not exist, and for one that
     * is filled. Nothing is kept then.
     * @param {Uint32Array} heads
     * @param {Uint32Array} positions
     * @param {BigUint64Array} m
     * @param {BigUint64Array} half
     */
    put(heads, positions, m, half) {
        const ptr0 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ptr3 = passArray64ToWasm0(half, wasm.__wbindgen_malloc);
        const len3 = WASM_VECTOR_LEN;
        const ret = wasm.maskedcache_put(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Shares of the scores of groups, less the group's centre: `centers` is this server's share of one word a group, `mQ`
     * and `halfQ` are `groups x headDim`.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     * @param {BigUint64Array} mQ
     * @param {BigUint64Array} halfQ
     * @param {Uint32Array} heads
     * @param {Uint32Array} lengths
     * @param {Dealt} gamma
     * @param {BigUint64Array} centers
     * @returns {BigUint64Array}
     */
    scores(mQ, halfQ, heads, lengths, gamma, centers) {
        const ptr0 = passArray64ToWasm0(mQ, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray64ToWasm0(halfQ, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ptr3 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
        const len3 = WASM_VECTOR_LEN;
        _assertClass(gamma, Dealt);
        var ptr4 = gamma.__destroy_into_raw();
        const ptr5 = passArray64ToWasm0(centers, wasm.__wbindgen_malloc);
        const len5 = WASM_VECTOR_LEN;
        const ret = wasm.maskedcache_scores(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, ptr5, len5);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v7 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v7;
    }
    /**
     * Forgets the positions from `n` on, of all heads.
     * @param {number} n
     */
    truncate(n) {
        wasm.maskedcache_truncate(this.__wbg_ptr, n);
    }
    /**
     * Shares of the outputs of groups, `groups x headDim`: vectors of this cache weighted by a wire of scores.
     *
     * # Errors
     * `E_ARGUMENT` when the lengths do not fit together, for a head that does not exist, and for a hole.
     * @param {BigUint64Array} mP
     * @param {BigUint64Array} halfP
     * @param {Uint32Array} heads
     * @param {Uint32Array} lengths
     * @param {Dealt} gamma
     * @returns {BigUint64Array}
     */
    weighted(mP, halfP, heads, lengths, gamma) {
        const ptr0 = passArray64ToWasm0(mP, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray64ToWasm0(halfP, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ptr3 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
        const len3 = WASM_VECTOR_LEN;
        _assertClass(gamma, Dealt);
        var ptr4 = gamma.__destroy_into_raw();
        const ret = wasm.maskedcache_weighted(this.__wbg_ptr, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v6 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v6;
    }
}
if (Symbol.dispose) MaskedCache.prototype[Symbol.dispose] = MaskedCache.prototype.free;

/**
 * `factor x^(power / 2)` of a norm's mean square `x = v 2^(-2 s6) / dModel + eps`, v the opened sum of squares.
 */
export class NormFunction {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        NormFunctionFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_normfunction_free(ptr, 0);
    }
    /**
     * The reciprocal root has `power` -1, its square -2, the root mean square 1.
     *
     * # Errors
     * `E_ARGUMENT` for another power, an `s6` above 63, an empty row, or an `eps` or `factor` that is not positive.
     * @param {number} s6
     * @param {number} dModel
     * @param {number} eps
     * @param {number} power
     * @param {number} factor
     */
    constructor(s6, dModel, eps, power, factor) {
        const ret = wasm.normfunction_new(s6, dModel, eps, power, factor);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        NormFunctionFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) NormFunction.prototype[Symbol.dispose] = NormFunction.prototype.free;

/**
 * A matrix of words of `Z_2^64`, or of `Z_2^48` or `Z_2^32`: less memory, and products modulo `2^48` or `2^32` that are faster, `rows` inputs by `cols` outputs. All words cross as 64-bit words, in
 * row-major order.
 */
export class RingMatrix {
    static __wrap(ptr) {
        const obj = Object.create(RingMatrix.prototype);
        obj.__wbg_ptr = ptr;
        RingMatrixFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RingMatrixFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_ringmatrix_free(ptr, 0);
    }
    /**
     * Adds a matrix of the same shape, or subtracts it.
     *
     * # Errors
     * `E_ARGUMENT` for another shape.
     * @param {RingMatrix} other
     * @param {boolean} negate
     */
    addMatrix(other, negate) {
        _assertClass(other, RingMatrix);
        const ret = wasm.ringmatrix_addMatrix(this.__wbg_ptr, other.__wbg_ptr, negate);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Adds words that lie packed, little endian, in as many bits as they are kept: to those at row-major positions `first ..`.
     *
     * # Errors
     * `E_ARGUMENT` for bytes that are not whole words, or do not fit.
     * @param {number} first
     * @param {Uint8Array} bytes
     */
    addPacked(first, bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_addPacked(this.__wbg_ptr, first, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
     *
     * # Errors
     * `E_ARGUMENT` for a key or nonce of another length.
     * @param {Uint8Array} key
     * @param {Uint8Array} nonce
     * @param {boolean} negate
     */
    addPrg(key, nonce, negate) {
        const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_addPrg(this.__wbg_ptr, ptr0, len0, ptr1, len1, negate);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Outputs.
     * @returns {number}
     */
    get cols() {
        const ret = wasm.ringmatrix_cols(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The columns `from .. to`, copied.
     *
     * # Errors
     * `E_ARGUMENT` for a range outside the matrix.
     * @param {number} from
     * @param {number} to
     * @returns {RingMatrix}
     */
    columns(from, to) {
        const ret = wasm.ringmatrix_columns(this.__wbg_ptr, from, to);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingMatrix.__wrap(ret[0]);
    }
    /**
     * An independent copy.
     * @returns {RingMatrix}
     */
    copy() {
        const ret = wasm.ringmatrix_copy(this.__wbg_ptr);
        return RingMatrix.__wrap(ret);
    }
    /**
     * `round(value * 2^scale)`, half to even, of `rows * cols` values, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
     * @param {number} rows
     * @param {number} cols
     * @param {Float32Array} values
     * @param {number} scale
     * @param {number | null} [bits]
     * @returns {RingMatrix}
     */
    static fromF32(rows, cols, values, scale, bits) {
        const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_fromF32(rows, cols, ptr0, len0, scale, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingMatrix.__wrap(ret[0]);
    }
    /**
     * The first `rows * cols` words of a key stream, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a key, nonce or shape that does not fit, or words of another size.
     * @param {number} rows
     * @param {number} cols
     * @param {Uint8Array} key
     * @param {Uint8Array} nonce
     * @param {number | null} [bits]
     * @returns {RingMatrix}
     */
    static fromPrg(rows, cols, key, nonce, bits) {
        const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_fromPrg(rows, cols, ptr0, len0, ptr1, len1, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingMatrix.__wrap(ret[0]);
    }
    /**
     * Job by job, row `jobRows[k]` of `x` times the `blockCols` columns of block `jobBlocks[k]`: `t x rows` words in,
     * `jobs x blockCols` out.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or a job outside `x` or the matrix.
     * @param {BigUint64Array} x
     * @param {number} t
     * @param {Uint32Array} jobRows
     * @param {Uint32Array} jobBlocks
     * @param {number} blockCols
     * @returns {BigUint64Array}
     */
    mulColumnBlocks(x, t, jobRows, jobBlocks, blockCols) {
        const ptr0 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(jobRows, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(jobBlocks, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_mulColumnBlocks(this.__wbg_ptr, ptr0, len0, t, ptr1, len1, ptr2, len2, blockCols);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * `t x cols` words: to row `jobRows[k]` is added row `k` of `x`, which has as many rows as there are jobs, times as many
     * rows of the matrix as it has words, those of block `jobBlocks[k]`.
     *
     * # Errors
     * `E_ARGUMENT` for an `x` that is not a row for each job, or a job outside `t` or the matrix.
     * @param {BigUint64Array} x
     * @param {number} t
     * @param {Uint32Array} jobRows
     * @param {Uint32Array} jobBlocks
     * @returns {BigUint64Array}
     */
    mulRowBlocks(x, t, jobRows, jobBlocks) {
        const ptr0 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(jobRows, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(jobBlocks, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_mulRowBlocks(this.__wbg_ptr, ptr0, len0, t, ptr1, len1, ptr2, len2);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * `x W`: `t x rows` words in, `t x cols` words out.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words.
     * @param {BigUint64Array} x
     * @param {number} t
     * @returns {BigUint64Array}
     */
    mul(x, t) {
        const ptr0 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_mul(this.__wbg_ptr, ptr0, len0, t);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v2;
    }
    /**
     * From `rows * cols` words, kept in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or words of another size.
     * @param {number} rows
     * @param {number} cols
     * @param {BigUint64Array} words
     * @param {number | null} [bits]
     */
    constructor(rows, cols, words, bits) {
        const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringmatrix_new(rows, cols, ptr0, len0, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RingMatrixFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Inputs.
     * @returns {number}
     */
    get rows() {
        const ret = wasm.ringmatrix_rows(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * Bits of a word as it is kept: 64, 48 or 32.
     * @returns {number}
     */
    get wordBits() {
        const ret = wasm.ringmatrix_wordBits(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * All words.
     * @returns {BigUint64Array}
     */
    words() {
        const ret = wasm.ringmatrix_words(this.__wbg_ptr);
        var v1 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * The zero matrix, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit, or words of another size.
     * @param {number} rows
     * @param {number} cols
     * @param {number | null} [bits]
     * @returns {RingMatrix}
     */
    static zeros(rows, cols, bits) {
        const ret = wasm.ringmatrix_zeros(rows, cols, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingMatrix.__wrap(ret[0]);
    }
}
if (Symbol.dispose) RingMatrix.prototype[Symbol.dispose] = RingMatrix.prototype.free;

/**
 * `rows` vectors of `dim` words of `Z_2^64`, or of `Z_2^32`: half the memory, and products modulo `2^32` several times as fast, one for each neuron. All words cross as 64-bit words, vector
 * after vector.
 */
export class RingRows {
    static __wrap(ptr) {
        const obj = Object.create(RingRows.prototype);
        obj.__wbg_ptr = ptr;
        RingRowsFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        RingRowsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_ringrows_free(ptr, 0);
    }
    /**
     * Adds words that lie packed, little endian, in as many bits as they are kept: to word `first` and those after it.
     *
     * # Errors
     * `E_ARGUMENT` for bytes that are not whole words, or do not fit.
     * @param {number} first
     * @param {Uint8Array} bytes
     */
    addPacked(first, bytes) {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_addPacked(this.__wbg_ptr, first, ptr0, len0);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Adds a key stream, or subtracts it: its word `i` to the word at position `i`.
     *
     * # Errors
     * `E_ARGUMENT` for a key or nonce of another length.
     * @param {Uint8Array} key
     * @param {Uint8Array} nonce
     * @param {boolean} negate
     */
    addPrg(key, nonce, negate) {
        const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_addPrg(this.__wbg_ptr, ptr0, len0, ptr1, len1, negate);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * Adds as many vectors of the same size, or subtracts them.
     *
     * # Errors
     * `E_ARGUMENT` for another shape.
     * @param {RingRows} other
     * @param {boolean} negate
     */
    addRows(other, negate) {
        _assertClass(other, RingRows);
        const ret = wasm.ringrows_addRows(this.__wbg_ptr, other.__wbg_ptr, negate);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * For each of `t` rows the sum of its neurons' vectors, each times the pair's word of `a`: `t x dim` words out. Pairs
     * are those of `dots`.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or pairs that are not so.
     * @param {BigUint64Array} a
     * @param {number} t
     * @param {Uint32Array} starts
     * @param {Uint32Array} neurons
     * @returns {BigUint64Array}
     */
    combine(a, t, starts, neurons) {
        const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(starts, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(neurons, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_combine(this.__wbg_ptr, ptr0, len0, t, ptr1, len1, ptr2, len2);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * An independent copy.
     * @returns {RingRows}
     */
    copy() {
        const ret = wasm.ringrows_copy(this.__wbg_ptr);
        return RingRows.__wrap(ret);
    }
    /**
     * Words of a vector.
     * @returns {number}
     */
    get dim() {
        const ret = wasm.ringrows_dim(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The inner product of a row of `x`, `t x dim` words, and a neuron's vector, a word for each pair of a row and a
     * neuron: those of row `r` are `neurons[starts[r] .. starts[r + 1]]`, ascending.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or pairs that are not so.
     * @param {BigUint64Array} x
     * @param {number} t
     * @param {Uint32Array} starts
     * @param {Uint32Array} neurons
     * @returns {BigUint64Array}
     */
    dots(x, t, starts, neurons) {
        const ptr0 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray32ToWasm0(starts, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ptr2 = passArray32ToWasm0(neurons, wasm.__wbindgen_malloc);
        const len2 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_dots(this.__wbg_ptr, ptr0, len0, t, ptr1, len1, ptr2, len2);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v4;
    }
    /**
     * `round(value * 2^scale)`, half to even, of `rows * dim` values, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_RANGE` for a value that is not finite or not below 2^40 after scaling, `E_ARGUMENT` for another number.
     * @param {number} rows
     * @param {number} dim
     * @param {Float32Array} values
     * @param {number} scale
     * @param {number | null} [bits]
     * @returns {RingRows}
     */
    static fromF32(rows, dim, values, scale, bits) {
        const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_fromF32(rows, dim, ptr0, len0, scale, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingRows.__wrap(ret[0]);
    }
    /**
     * The first `rows * dim` words of a key stream, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a key, nonce or shape that does not fit, or words of another size.
     * @param {number} rows
     * @param {number} dim
     * @param {Uint8Array} key
     * @param {Uint8Array} nonce
     * @param {number | null} [bits]
     * @returns {RingRows}
     */
    static fromPrg(rows, dim, key, nonce, bits) {
        const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_fromPrg(rows, dim, ptr0, len0, ptr1, len1, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingRows.__wrap(ret[0]);
    }
    /**
     * From `rows * dim` words, kept in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for another number of words, or words of another size.
     * @param {number} rows
     * @param {number} dim
     * @param {BigUint64Array} words
     * @param {number | null} [bits]
     */
    constructor(rows, dim, words, bits) {
        const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_new(rows, dim, ptr0, len0, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        RingRowsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * How many vectors.
     * @returns {number}
     */
    get rows() {
        const ret = wasm.ringrows_rows(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * The vectors of these neurons in this order, copied: a permutation shuffles, a range slices.
     *
     * # Errors
     * `E_ARGUMENT` for a neuron that does not exist.
     * @param {Uint32Array} order
     * @returns {RingRows}
     */
    select(order) {
        const ptr0 = passArray32ToWasm0(order, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.ringrows_select(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingRows.__wrap(ret[0]);
    }
    /**
     * Bits of a word as it is kept: 64, 48 or 32.
     * @returns {number}
     */
    get wordBits() {
        const ret = wasm.ringrows_wordBits(this.__wbg_ptr);
        return ret >>> 0;
    }
    /**
     * All words.
     * @returns {BigUint64Array}
     */
    words() {
        const ret = wasm.ringrows_words(this.__wbg_ptr);
        var v1 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v1;
    }
    /**
     * Zero vectors, in words of `bits`: 64 unless given, or 48 or 32.
     *
     * # Errors
     * `E_ARGUMENT` for a shape that does not fit, or words of another size.
     * @param {number} rows
     * @param {number} dim
     * @param {number | null} [bits]
     * @returns {RingRows}
     */
    static zeros(rows, dim, bits) {
        const ret = wasm.ringrows_zeros(rows, dim, isLikeNone(bits) ? Number.MAX_SAFE_INTEGER : (bits) >>> 0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return RingRows.__wrap(ret[0]);
    }
}
if (Symbol.dispose) RingRows.prototype[Symbol.dispose] = RingRows.prototype.free;

/**
 * The gate of `SiLU` or GELU, less a half, as a sum of sines.
 */
export class Sines {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        SinesFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_sines_free(ptr, 0);
    }
    /**
     * To deal: two words a sine for each element.
     *
     * # Errors
     * `E_ARGUMENT` when that is too many for one call.
     * @param {BigUint64Array} lambda
     * @returns {Dealt}
     */
    deal(lambda) {
        const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.sines_deal(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dealt.__wrap(ret[0]);
    }
    /**
     * Shares of the gate, less a half.
     *
     * # Errors
     * `E_ARGUMENT` for another number of dealt words.
     * @param {BigUint64Array} m
     * @param {Dealt} dealt
     * @returns {BigUint64Array}
     */
    eval(m, dealt) {
        const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        _assertClass(dealt, Dealt);
        var ptr1 = dealt.__destroy_into_raw();
        const ret = wasm.sines_eval(this.__wbg_ptr, ptr0, len0, ptr1);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v3;
    }
    /**
     * `gate` is `silu`, `gelu` or `gelu_tanh`; the wire has `width` bits and a scale; `publicBits` and `dealtBits` are the scales of
     * the factors.
     *
     * # Errors
     * `E_ARGUMENT` for a gate, width, scale, number or factors that do not exist.
     * @param {string} gate
     * @param {number} width
     * @param {number} scale
     * @param {number} count
     * @param {number} publicBits
     * @param {number} dealtBits
     */
    constructor(gate, width, scale, count, publicBits, dealtBits) {
        const ptr0 = passStringToWasm0(gate, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.sines_new(ptr0, len0, width, scale, count, publicBits, dealtBits);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        SinesFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) Sines.prototype[Symbol.dispose] = Sines.prototype.free;

/**
 * Where windows lie: `count` of `2^w` cells of `2^t` units each; window i drops `f + step i` bits.
 */
export class WindowShape {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WindowShapeFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_windowshape_free(ptr, 0);
    }
    /**
     * `dmin` is the first cell of a window.
     * @param {number} count
     * @param {number} f
     * @param {number} step
     * @param {number} w
     * @param {number} t
     * @param {number} dmin
     */
    constructor(count, f, step, w, t, dmin) {
        const ret = wasm.windowshape_new(count, f, step, w, t, dmin);
        this.__wbg_ptr = ret;
        WindowShapeFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) WindowShape.prototype[Symbol.dispose] = WindowShape.prototype.free;

/**
 * A function of a wire in windows of its range.
 */
export class Windows {
    static __wrap(ptr) {
        const obj = Object.create(Windows.prototype);
        obj.__wbg_ptr = ptr;
        WindowsFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WindowsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_windows_free(ptr, 0);
    }
    /**
     * To deal: `n x windows x 2^w x 2` words.
     *
     * # Errors
     * `E_ARGUMENT` when that is too many for one call.
     * @param {BigUint64Array} lambda
     * @returns {Dealt}
     */
    deal(lambda) {
        const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.windows_deal(this.__wbg_ptr, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Dealt.__wrap(ret[0]);
    }
    /**
     * Shares of what each window adds to the one before, `n x windows`, from the shares of the words at `positions`.
     *
     * # Errors
     * `E_ARGUMENT` unless there are two words an element and window.
     * @param {BigUint64Array} m
     * @param {BigUint64Array} pairs
     * @returns {BigUint64Array}
     */
    eval(m, pairs) {
        const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ptr1 = passArray64ToWasm0(pairs, wasm.__wbindgen_malloc);
        const len1 = WASM_VECTOR_LEN;
        const ret = wasm.windows_eval(this.__wbg_ptr, ptr0, len0, ptr1, len1);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        return v3;
    }
    /**
     * `ln(v / 2^point)` at `scale`.
     *
     * # Errors
     * `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
     * @param {WindowShape} at
     * @param {number} scale
     * @param {number} point
     * @returns {Windows}
     */
    static log(at, scale, point) {
        _assertClass(at, WindowShape);
        const ret = wasm.windows_log(at.__wbg_ptr, scale, point);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Windows.__wrap(ret[0]);
    }
    /**
     * A function of the mean square at a scale.
     *
     * # Errors
     * `E_ARGUMENT` for cells that do not exist, no windows or more than 64.
     * @param {WindowShape} at
     * @param {number} scale
     * @param {NormFunction} norm
     * @returns {Windows}
     */
    static norm(at, scale, norm) {
        _assertClass(at, WindowShape);
        _assertClass(norm, NormFunction);
        const ret = wasm.windows_norm(at.__wbg_ptr, scale, norm.__wbg_ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return Windows.__wrap(ret[0]);
    }
    /**
     * Where the two words of each element and window stand among the dealt ones.
     *
     * # Errors
     * `E_ARGUMENT` when the tables are too large for one call.
     * @param {BigUint64Array} m
     * @returns {Uint32Array}
     */
    positions(m) {
        const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.windows_positions(this.__wbg_ptr, ptr0, len0);
        if (ret[3]) {
            throw takeFromExternrefTable0(ret[2]);
        }
        var v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v2;
    }
}
if (Symbol.dispose) Windows.prototype[Symbol.dispose] = Windows.prototype.free;

/**
 * `a + b`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 * @param {BigUint64Array} a
 * @param {BigUint64Array} b
 * @returns {BigUint64Array}
 */
export function addWords(a, b) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(b, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.addWords(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `a - b + gamma`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 * @param {BigUint64Array} a
 * @param {BigUint64Array} b
 * @param {Dealt} gamma
 * @returns {BigUint64Array}
 */
export function combineLinear(a, b, gamma) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(b, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(gamma, Dealt);
    var ptr2 = gamma.__destroy_into_raw();
    const ret = wasm.combineLinear(ptr0, len0, ptr1, len1, ptr2);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * XOR shares of `v >= threshold` for each element and threshold.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, for a `k` outside 2 to 64 or more than five digits.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {BigUint64Array} thresholds
 * @param {BigUint64Array} opened
 * @param {BigUint64Array} alphaHalf
 * @param {Dealt} monomials
 * @param {number} k
 * @param {number} digitsCount
 * @returns {BigUint64Array}
 */
export function compareBits(p, m, thresholds, opened, alphaHalf, monomials, k, digitsCount) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(thresholds, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(opened, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ptr3 = passArray64ToWasm0(alphaHalf, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    _assertClass(monomials, Dealt);
    var ptr4 = monomials.__destroy_into_raw();
    const ret = wasm.compareBits(p, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, k, digitsCount);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v6 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v6;
}

/**
 * XOR shares of the digits' bits, one word of `2 D - 1` bits for each element and threshold; to be opened under XOR
 * masks.
 *
 * # Errors
 * `E_ARGUMENT` for tables of another length, or digits as for `compareTables`.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {BigUint64Array} thresholds
 * @param {Dealt} tables
 * @param {number} k
 * @param {Uint8Array} digits
 * @returns {BigUint64Array}
 */
export function compareDigits(p, m, thresholds, tables, k, digits) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(thresholds, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(tables, Dealt);
    var ptr2 = tables.__destroy_into_raw();
    const ptr3 = passArray8ToWasm0(digits, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    const ret = wasm.compareDigits(p, ptr0, len0, ptr1, len1, ptr2, k, ptr3, len3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v5;
}

/**
 * To deal for `compareBits`, under XOR: products of the bits of `alpha`, the masks of what `compareDigits` opened.
 *
 * # Errors
 * `E_ARGUMENT` when `alpha` is not `n x thr`, for a `k` outside 2 to 64 or more than five digits.
 * @param {BigUint64Array} lambda
 * @param {BigUint64Array} alpha
 * @param {number} k
 * @param {number} digitsCount
 * @param {number} thr
 * @returns {Dealt}
 */
export function compareMonomials(lambda, alpha, k, digitsCount, thr) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(alpha, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.compareMonomials(ptr0, len0, ptr1, len1, k, digitsCount, thr);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * To deal for `compareDigits`, under XOR: the tables of a wire's digits, `n x ceil(sum 2^digit / 64)` words.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits, the most significant first, that sum to `k - 1`.
 * @param {BigUint64Array} lambda
 * @param {number} k
 * @param {Uint8Array} digits
 * @returns {Dealt}
 */
export function compareTables(lambda, k, digits) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(digits, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.compareTables(ptr0, len0, k, ptr1, len1);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * How many of the values a tensor of type `F32`, `F16` or `BF16` does not hold exactly.
 *
 * # Errors
 * `E_CHECKPOINT` for another type.
 * @param {Float32Array} values
 * @param {string} dtype
 * @returns {number}
 */
export function countRounded(values, dtype) {
    const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passStringToWasm0(dtype, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.countRounded(ptr0, len0, ptr1, len1);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] >>> 0;
}

/**
 * What server 1 gets of dealt words: `(words - stream) mod 2^width`, packed; with `xor`, `words ^ stream`. Word `i` of
 * the key stream belongs to position `i`.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce or width that does not exist.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 * @param {Dealt} dealt
 * @param {number} width
 * @param {boolean} xor
 * @returns {Uint8Array}
 */
export function dealRemainder(key, nonce, dealt, width, xor) {
    const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr2 = dealt.__destroy_into_raw();
    const ret = wasm.dealRemainder(ptr0, len0, ptr1, len1, ptr2, width, xor);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v4;
}

/**
 * The values of a tensor (`F32`, `F16` or `BF16`) from its bytes.
 *
 * # Errors
 * `E_CHECKPOINT` for another type or bytes that are not whole values.
 * @param {Uint8Array} bytes
 * @param {string} dtype
 * @returns {Float32Array}
 */
export function decodeTensor(bytes, dtype) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passStringToWasm0(dtype, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.decodeTensor(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * The values of whole blocks of a tensor type of GGUF files.
 *
 * # Errors
 * `E_CHECKPOINT` for another type or bytes that are not whole blocks.
 * @param {Uint8Array} bytes
 * @param {string} kind
 * @returns {Float32Array}
 */
export function dequantize(bytes, kind) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passStringToWasm0(kind, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.dequantize(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * The bytes of values as a tensor of type `F32`, `F16` or `BF16`, rounded to nearest, ties to even.
 *
 * # Errors
 * `E_CHECKPOINT` for another type and for a value that is not finite or too large for the type.
 * @param {Float32Array} values
 * @param {string} dtype
 * @returns {Uint8Array}
 */
export function encodeTensor(values, dtype) {
    const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passStringToWasm0(dtype, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.encodeTensor(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v3;
}

/**
 * `e^x`.
 * @param {number} x
 * @returns {number}
 */
export function exp(x) {
    const ret = wasm.exp(x);
    return ret;
}

/**
 * To deal for `expServer`, of a wire of `width` bits: `2^(width - cellBits)` entries at scale `q` an element; cells from
 * `dtop` on are negative.
 *
 * # Errors
 * `E_ARGUMENT` for a `q` above 52, a `dtop` above the number of cells, a `width` outside 21 to 28, a `cellBits`
 * outside 14 to 18, or too many elements for one call.
 * @param {BigUint64Array} lambda
 * @param {number} width
 * @param {number} cellBits
 * @param {number} q
 * @param {number} dtop
 * @returns {Dealt}
 */
export function expDealer(lambda, width, cellBits, q, dtop) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.expDealer(ptr0, len0, width, cellBits, q, dtop);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Where each element's entry stands among the dealt ones.
 *
 * # Errors
 * `E_ARGUMENT` when the tables are too large for one call.
 * @param {BigUint64Array} m
 * @param {number} width
 * @param {number} cellBits
 * @returns {Uint32Array}
 */
export function expPositions(m, width, cellBits) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.expPositions(ptr0, len0, width, cellBits);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * The share of each exp of a wire of `width` bits and scale 14, at scale `pBits` plus the entries'.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, for a `width` outside 21 to 28, a `cellBits` outside 14 to 18 or a `pBits` above 50.
 * @param {BigUint64Array} m
 * @param {BigUint64Array} entries
 * @param {number} width
 * @param {number} cellBits
 * @param {number} pBits
 * @returns {BigUint64Array}
 */
export function expServer(m, entries, width, cellBits, pBits) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(entries, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.expServer(ptr0, len0, ptr1, len1, width, cellBits, pBits);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * Each value that is more than the threshold; zero for the others.
 * @param {Float32Array} x
 * @param {number} threshold
 * @returns {Float32Array}
 */
export function fatRelu(x, threshold) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.fatRelu(ptr0, len0, threshold);
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * Causal attention of one sequence: each row's mean of the values up to its own position, weighted by the softmax of its scores.
 * `q` is `rows x (heads headDim)` and scaled, `k` and `v` are `n x (kvHeads headDim)`; their last rows stand where `q` does. `facts`
 * becomes, for each row and head, the log-sum-exp of the scores, the least and the largest; it may be empty. The result is as
 * large as `q`.
 *
 * # Errors
 * `E_ARGUMENT` for lengths that do not belong together.
 * @param {Float32Array} q
 * @param {Float32Array} k
 * @param {Float32Array} v
 * @param {number} heads
 * @param {number} kvHeads
 * @param {number} headDim
 * @param {Float64Array} facts
 * @returns {Float32Array}
 */
export function floatAttend(q, k, v, heads, kvHeads, headDim, facts) {
    const ptr0 = passArrayF32ToWasm0(q, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArrayF32ToWasm0(k, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArrayF32ToWasm0(v, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    var ptr3 = passArrayF64ToWasm0(facts, wasm.__wbindgen_malloc);
    var len3 = WASM_VECTOR_LEN;
    const ret = wasm.floatAttend(ptr0, len0, ptr1, len1, ptr2, len2, heads, kvHeads, headDim, ptr3, len3, facts);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v5;
}

/**
 * `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` is not whole rows.
 * @param {Float32Array} a
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
export function floatRowsDot(a, x) {
    const ptr0 = passArrayF32ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.floatRowsDot(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * `round(value * 2^scale) mod 2^width`, half to even.
 *
 * # Errors
 * `E_RANGE` for a value that is not a number or does not fit; `E_ARGUMENT` for a width outside 1 to 64 or a scale
 * above 63.
 * @param {Float32Array} values
 * @param {number} scale
 * @param {number} width
 * @returns {BigUint64Array}
 */
export function floatToWords(values, scale, width) {
    const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.floatToWords(ptr0, len0, scale, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` has another shape.
 * @param {Float32Array} p
 * @param {Float32Array} a
 * @param {number} h
 * @returns {Float32Array}
 */
export function floatWeightedRows(p, a, h) {
    const ptr0 = passArrayF32ToWasm0(p, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArrayF32ToWasm0(a, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.floatWeightedRows(ptr0, len0, ptr1, len1, h);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * Each value times the probability that a normal variable is less.
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
export function gelu(x) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.gelu(ptr0, len0);
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * The same by a hyperbolic tangent.
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
export function geluTanh(x) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.geluTanh(ptr0, len0);
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * The same of `count` words from what both servers sent, packed; bits with `xor`.
 *
 * # Errors
 * `E_ARGUMENT` for bytes of another length or a width outside 1 to 64.
 * @param {Uint8Array} mine
 * @param {Uint8Array} theirs
 * @param {number} count
 * @param {number} width
 * @param {boolean} xor
 * @returns {BigUint64Array}
 */
export function joinPacked(mine, theirs, count, width, xor) {
    const ptr0 = passArray8ToWasm0(mine, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(theirs, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.joinPacked(ptr0, len0, ptr1, len1, count, width, xor);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * The opened wire: `(mine + theirs) mod 2^width`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
 * @param {BigUint64Array} mine
 * @param {BigUint64Array} theirs
 * @param {number} width
 * @returns {BigUint64Array}
 */
export function joinWords(mine, theirs, width) {
    const ptr0 = passArray64ToWasm0(mine, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(theirs, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.joinWords(ptr0, len0, ptr1, len1, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `(x - mean) / sqrt(variance + eps) * gain + bias` for each row of `gain.length` values.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows or `bias` has another length than `gain`.
 * @param {Float32Array} x
 * @param {Float32Array} gain
 * @param {Float32Array} bias
 * @param {number} eps
 * @returns {Float32Array}
 */
export function layerNorm(x, gain, bias, eps) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArrayF32ToWasm0(gain, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArrayF32ToWasm0(bias, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.layerNorm(ptr0, len0, ptr1, len1, ptr2, len2, eps);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v4;
}

/**
 * To deal for `liftServer`: `lambda >> f` of all elements, then `msb(lambda) 2^(k-f)`; `2 n` words.
 *
 * # Errors
 * `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {BigUint64Array} lambda
 * @param {number} k
 * @param {number} f
 * @returns {Dealt}
 */
export function liftDealer(lambda, k, f) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.liftDealer(ptr0, len0, k, f);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * To deal for `liftProductServer`: A and B of x and of y, then their four products; `8 n` words.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2` of both.
 * @param {BigUint64Array} lambdaX
 * @param {number} kX
 * @param {number} fX
 * @param {BigUint64Array} lambdaY
 * @param {number} kY
 * @param {number} fY
 * @returns {Dealt}
 */
export function liftProductDealer(lambdaX, kX, fX, lambdaY, kY, fY) {
    const ptr0 = passArray64ToWasm0(lambdaX, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(lambdaY, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.liftProductDealer(ptr0, len0, kX, fX, ptr1, len1, kY, fY);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of `(lift(x) + plus) lift(y)`, modulo 2^64.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2` of both.
 * @param {number} p
 * @param {BigUint64Array} mX
 * @param {number} kX
 * @param {number} fX
 * @param {BigUint64Array} mY
 * @param {number} kY
 * @param {number} fY
 * @param {bigint} plus
 * @param {Dealt} dealt
 * @returns {BigUint64Array}
 */
export function liftProductServer(p, mX, kX, fX, mY, kY, fY, plus, dealt) {
    const ptr0 = passArray64ToWasm0(mX, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(mY, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr2 = dealt.__destroy_into_raw();
    const ret = wasm.liftProductServer(p, ptr0, len0, kX, fX, ptr1, len1, kY, fY, plus, ptr2);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * Shares, modulo 2^64, of a wire of `k` bits shifted right by `f`; `dealt` are the shares of `liftDealer`'s words.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {Dealt} dealt
 * @param {number} k
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function liftServer(p, m, dealt, k, f) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr1 = dealt.__destroy_into_raw();
    const ret = wasm.liftServer(p, ptr0, len0, ptr1, k, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * To deal for `liftSquareServer`: A, B, and their three products; `5 n` words.
 *
 * # Errors
 * `E_ARGUMENT` unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {BigUint64Array} lambda
 * @param {number} k
 * @param {number} f
 * @returns {Dealt}
 */
export function liftSquareDealer(lambda, k, f) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.liftSquareDealer(ptr0, len0, k, f);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of `lift(x)^2`, modulo 2^64.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {number} k
 * @param {number} f
 * @param {Dealt} dealt
 * @returns {BigUint64Array}
 */
export function liftSquareServer(p, m, k, f, dealt) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr1 = dealt.__destroy_into_raw();
    const ret = wasm.liftSquareServer(p, ptr0, len0, k, f, ptr1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * The natural logarithm.
 * @param {number} x
 * @returns {number}
 */
export function ln(x) {
    const ret = wasm.ln(x);
    return ret;
}

/**
 * `ln sum exp(x)`; negative infinity for no values.
 * @param {Float32Array} x
 * @returns {number}
 */
export function logSumExp(x) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.logSumExp(ptr0, len0);
    return ret;
}

/**
 * The mask of a wire, from both halves' key streams: their sum mod `2^width`, with `xor` their exclusive or.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 * @param {Uint8Array} key0
 * @param {Uint8Array} key1
 * @param {Uint8Array} nonce
 * @param {number} count
 * @param {number} width
 * @param {boolean} xor
 * @returns {BigUint64Array}
 */
export function maskOf(key0, key1, nonce, count, width, xor) {
    const ptr0 = passArray8ToWasm0(key0, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(key1, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.maskOf(ptr0, len0, ptr1, len1, ptr2, len2, count, width, xor);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * `a mod 2^width`.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 * @param {BigUint64Array} a
 * @param {number} width
 * @returns {BigUint64Array}
 */
export function maskWords(a, width) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.maskWords(ptr0, len0, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * Bytes of linear memory that this instance has taken; it never gives any back. Zero outside WebAssembly.
 * @returns {number}
 */
export function memoryBytes() {
    const ret = wasm.memoryBytes();
    return ret;
}

/**
 * Bits of a word of `compareMonomials` for `digitsCount` digits.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits.
 * @param {number} digitsCount
 * @returns {number}
 */
export function monomialBits(digitsCount) {
    const ret = wasm.monomialBits(digitsCount);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] >>> 0;
}

/**
 * `-a`.
 * @param {BigUint64Array} a
 * @returns {BigUint64Array}
 */
export function negWords(a) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.negWords(ptr0, len0);
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * What a server sends to open a wire: `(share + half) mod 2^width`, packed; bits with `xor`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ or for a width outside 1 to 64.
 * @param {BigUint64Array} share
 * @param {BigUint64Array} half
 * @param {number} width
 * @param {boolean} xor
 * @returns {Uint8Array}
 */
export function openPacked(share, half, width, xor) {
    const ptr0 = passArray64ToWasm0(share, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(half, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.openPacked(ptr0, len0, ptr1, len1, width, xor);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v3;
}

/**
 * The low `width` bits of each word, contiguous, little endian.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 * @param {BigUint64Array} words
 * @param {number} width
 * @returns {Uint8Array}
 */
export function packWords(words, width) {
    const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.packWords(ptr0, len0, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU8FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
    return v2;
}

/**
 * `a + b`, element by element.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths.
 * @param {BigUint64Array} a
 * @param {BigUint64Array} b
 * @returns {BigUint64Array}
 */
export function plainAdd(a, b) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(b, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainAdd(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * GE of wires of width `k`: for each wire, one bit for every threshold.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} thresholds
 * @param {number} k
 * @returns {BigUint64Array}
 */
export function plainAtLeast(v, thresholds, k) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(thresholds, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainAtLeast(ptr0, len0, ptr1, len1, k);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * EXP of a wire of `width` bits with cells of `2^cellBits` units.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths, a `width` outside 21 to 28, or a `cellBits` outside 14 to 18.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} l
 * @param {number} width
 * @param {number} cellBits
 * @param {number} p
 * @param {number} q
 * @param {number} dtop
 * @returns {BigUint64Array}
 */
export function plainExp(v, l, width, cellBits, p, q, dtop) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(l, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainExp(ptr0, len0, ptr1, len1, width, cellBits, p, q, dtop);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * lift of wires of width `k` by `f`.
 *
 * # Errors
 * `E_ARGUMENT` for widths or lengths that do not fit.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} l
 * @param {number} k
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function plainLift(v, l, k, f) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(l, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainLift(ptr0, len0, ptr1, len1, k, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `ln_i` of Z.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths or a window that does not exist.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} l
 * @param {number} window
 * @returns {BigUint64Array}
 */
export function plainLn(v, l, window) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(l, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainLn(ptr0, len0, ptr1, len1, window);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * RSQRT: `factor` times the mean square to the power of `power` halves.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} l
 * @param {number} f
 * @param {number} w
 * @param {number} t
 * @param {number} dmin
 * @param {number} scale
 * @param {number} s6
 * @param {number} d
 * @param {number} eps
 * @param {number} power
 * @param {number} factor
 * @returns {BigUint64Array}
 */
export function plainNorm(v, l, f, w, t, dmin, scale, s6, d, eps, power, factor) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(l, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainNorm(ptr0, len0, ptr1, len1, f, w, t, dmin, scale, s6, d, eps, power, factor);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * Each value mod `2^width`.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64.
 * @param {BigUint64Array} v
 * @param {number} width
 * @returns {BigUint64Array}
 */
export function plainReduce(v, width) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.plainReduce(ptr0, len0, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * Vectors of one head each, turned by their positions.
 *
 * # Errors
 * `E_ARGUMENT` when `v` is not a vector for each position, or vectors have fewer values than pairs.
 * @param {BigUint64Array} v
 * @param {Uint32Array} positions
 * @param {Float32Array} frequencies
 * @param {number} bits
 * @returns {BigUint64Array}
 */
export function plainRotate(v, positions, frequencies, bits) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArrayF32ToWasm0(frequencies, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.plainRotate(ptr0, len0, ptr1, len1, ptr2, len2, bits);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * Each row of `x` times one element of `r`.
 * @param {BigUint64Array} r
 * @param {BigUint64Array} x
 * @returns {BigUint64Array}
 */
export function plainScaleRows(r, x) {
    const ptr0 = passArray64ToWasm0(r, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainScaleRows(ptr0, len0, ptr1, len1);
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * Scores of groups, less their centres, one a group. `keys` are rows of `width` words, `q` is `groups x dim`.
 *
 * # Errors
 * `E_ARGUMENT` for lengths, heads or positions that do not fit.
 * @param {BigUint64Array} q
 * @param {BigUint64Array} keys
 * @param {BigUint64Array} centers
 * @param {Uint32Array} heads
 * @param {Uint32Array} lengths
 * @param {number} width
 * @param {number} dim
 * @returns {BigUint64Array}
 */
export function plainScores(q, keys, centers, heads, lengths, width, dim) {
    const ptr0 = passArray64ToWasm0(q, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(keys, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(centers, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ptr3 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    const ptr4 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
    const len4 = WASM_VECTOR_LEN;
    const ret = wasm.plainScores(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, len4, width, dim);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v6 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v6;
}

/**
 * `s 2^3 - ln`, with one ln a group.
 *
 * # Errors
 * `E_ARGUMENT` for lengths that do not fit.
 * @param {BigUint64Array} s
 * @param {BigUint64Array} ln
 * @param {Uint32Array} lengths
 * @returns {BigUint64Array}
 */
export function plainShifted(s, ln, lengths) {
    const ptr0 = passArray64ToWasm0(s, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(ln, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.plainShifted(ptr0, len0, ptr1, len1, ptr2, len2);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * SINES of wires of `width` bits and a scale.
 *
 * # Errors
 * `E_ARGUMENT` for arrays of different lengths, or a gate that does not exist.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} l
 * @param {string} gate
 * @param {number} width
 * @param {number} scale
 * @param {number} count
 * @param {number} publicBits
 * @param {number} dealtBits
 * @returns {BigUint64Array}
 */
export function plainSines(v, l, gate, width, scale, count, publicBits, dealtBits) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(l, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passStringToWasm0(gate, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.plainSines(ptr0, len0, ptr1, len1, ptr2, len2, width, scale, count, publicBits, dealtBits);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * Sum of squares of each of `rows` rows.
 * @param {BigUint64Array} x
 * @param {number} rows
 * @returns {BigUint64Array}
 */
export function plainSumSquares(x, rows) {
    const ptr0 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.plainSumSquares(ptr0, len0, rows);
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * Sums over positions, one a group.
 *
 * # Errors
 * `E_ARGUMENT` for another number of values.
 * @param {BigUint64Array} values
 * @param {Uint32Array} lengths
 * @returns {BigUint64Array}
 */
export function plainSums(values, lengths) {
    const ptr0 = passArray64ToWasm0(values, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainSums(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * TR of wires of width `k` by `f`.
 *
 * # Errors
 * `E_ARGUMENT` for widths or lengths that do not fit.
 * @param {BigUint64Array} v
 * @param {BigUint64Array} l
 * @param {number} k
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function plainTruncate(v, l, k, f) {
    const ptr0 = passArray64ToWasm0(v, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(l, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.plainTruncate(ptr0, len0, ptr1, len1, k, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `p V` of groups, `groups x dim`. `values` are rows of `width` words.
 *
 * # Errors
 * `E_ARGUMENT` for lengths, heads or positions that do not fit.
 * @param {BigUint64Array} p
 * @param {BigUint64Array} values
 * @param {Uint32Array} heads
 * @param {Uint32Array} lengths
 * @param {number} width
 * @param {number} dim
 * @returns {BigUint64Array}
 */
export function plainWeighted(p, values, heads, lengths, width, dim) {
    const ptr0 = passArray64ToWasm0(p, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(values, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray32ToWasm0(heads, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ptr3 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    const ret = wasm.plainWeighted(ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, width, dim);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v5;
}

/**
 * A server's share from its key stream: its first `count` words, as `prgWords` gives them.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 * @param {number} count
 * @param {number} width
 * @returns {Dealt}
 */
export function prgDealt(key, nonce, count, width) {
    const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.prgDealt(ptr0, len0, ptr1, len1, count, width);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * The words of a key stream at `positions`, mod `2^width`.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce or width that does not exist.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 * @param {Uint32Array} positions
 * @param {number} width
 * @returns {BigUint64Array}
 */
export function prgGather(key, nonce, positions, width) {
    const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.prgGather(ptr0, len0, ptr1, len1, ptr2, len2, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * The words `firstWord ..` of a key stream, each reduced to its low `width` bits.
 *
 * # Errors
 * `E_ARGUMENT` for a key, nonce, width or range that does not exist.
 * @param {Uint8Array} key
 * @param {Uint8Array} nonce
 * @param {number} firstWord
 * @param {number} count
 * @param {number} width
 * @returns {BigUint64Array}
 */
export function prgWords(key, nonce, firstWord, count, width) {
    const ptr0 = passArray8ToWasm0(key, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(nonce, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.prgWords(ptr0, len0, ptr1, len1, firstWord, count, width);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * Values and bytes of one block of a tensor type of GGUF files, by ggml's name; nothing for one that `dequantize` does
 * not know.
 * @param {string} kind
 * @returns {Uint32Array | undefined}
 */
export function quantBlock(kind) {
    const ptr0 = passStringToWasm0(kind, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.quantBlock(ptr0, len0);
    let v2;
    if (ret[0] !== 0) {
        v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    }
    return v2;
}

/**
 * `round(value * 2^scale)`, half to even, as words.
 *
 * # Errors
 * `E_RANGE` for a value that is not finite or not below 2^40 after scaling.
 * @param {Float32Array} values
 * @param {number} scale
 * @returns {BigUint64Array}
 */
export function quantise(values, scale) {
    const ptr0 = passArrayF32ToWasm0(values, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.quantise(ptr0, len0, scale);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * `max(x, 0)` of each value.
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
export function relu(x) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.relu(ptr0, len0);
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * `max(x, 0)^2` of each value.
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
export function reluSquared(x) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.reluSquared(ptr0, len0);
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * `A x`: the inner products of the rows of `a` (`n x h`, row-major) with `x` (`h`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` is not whole rows.
 * @param {BigUint64Array} a
 * @param {BigUint64Array} x
 * @returns {BigUint64Array}
 */
export function ringRowsDot(a, x) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(x, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.ringRowsDot(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `p A`: the sum of the rows of `a` (`n x h`, row-major) weighted by `p` (`n`).
 *
 * # Errors
 * `E_ARGUMENT` when `a` has another shape.
 * @param {BigUint64Array} p
 * @param {BigUint64Array} a
 * @param {number} h
 * @returns {BigUint64Array}
 */
export function ringWeightedRows(p, a, h) {
    const ptr0 = passArray64ToWasm0(p, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.ringWeightedRows(ptr0, len0, ptr1, len1, h);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `x / sqrt(mean(x^2) + eps) * gain` for some columns of each row of `cols` values: `count` pieces of `gain.length` values from column
 * `from` on, each by itself. Other columns stay as they are.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows, or has not these columns.
 * @param {Float32Array} x
 * @param {number} cols
 * @param {number} from
 * @param {number} count
 * @param {Float32Array} gain
 * @param {number} eps
 * @returns {Float32Array}
 */
export function rmsNorm(x, cols, from, count, gain, eps) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArrayF32ToWasm0(gain, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.rmsNorm(ptr0, len0, cols, from, count, ptr1, len1, eps);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * Rotates the first `heads` heads of `dim` values of each row, which stands at its position: value `i` of a head and value
 * `i + frequencies.length` are turned together by `frequencies[i]` radians a position, and multiplied by `factor`.
 *
 * # Errors
 * `E_ARGUMENT` for lengths that do not belong together.
 * @param {Float32Array} x
 * @param {Uint32Array} positions
 * @param {number} heads
 * @param {number} dim
 * @param {Float32Array} frequencies
 * @param {number} factor
 * @returns {Float32Array}
 */
export function rotate(x, positions, heads, dim, frequencies, factor) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArrayF32ToWasm0(frequencies, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.rotate(ptr0, len0, ptr1, len1, heads, dim, ptr2, len2, factor);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v4;
}

/**
 * Rows of one head each, turned by their positions: values `i` and `i + frequencies.length` are a pair. `bits` finer.
 *
 * # Errors
 * `E_ARGUMENT` when `words` is not a row for each position, has rows with fewer values than pairs, or for more than 30 bits.
 * @param {BigUint64Array} words
 * @param {Uint32Array} positions
 * @param {Float32Array} frequencies
 * @param {number} bits
 * @returns {BigUint64Array}
 */
export function rotateWords(words, positions, frequencies, bits) {
    const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArrayF32ToWasm0(frequencies, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.rotateWords(ptr0, len0, ptr1, len1, ptr2, len2, bits);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * The nearest integer, half away from zero.
 * @param {number} x
 * @returns {number}
 */
export function round(x) {
    const ret = wasm.round(x);
    return ret;
}

/**
 * The largest magnitude in columns `from .. to` of each row of `cols` values; NaN where one of them is NaN.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows, or has not these columns.
 * @param {Float32Array} x
 * @param {number} cols
 * @param {number} from
 * @param {number} to
 * @returns {Float32Array}
 */
export function rowPeaks(x, cols, from, to) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.rowPeaks(ptr0, len0, cols, from, to);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * The largest magnitude of each row of `x` less `bias`; NaN where one of them is NaN.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not rows as long as `bias`.
 * @param {Float32Array} x
 * @param {Float32Array} bias
 * @returns {Float32Array}
 */
export function rowPeaksWithout(x, bias) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArrayF32ToWasm0(bias, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.rowPeaksWithout(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v3;
}

/**
 * `{"tensors": {name: {"dtype", "shape", "start", "end"}}, "metadata", "size"}` as JSON from a file's first bytes;
 * `start` and `end` are offsets in the file, `size` is how long it must be.
 *
 * # Errors
 * `E_CHECKPOINT` when the header is cut off or not valid.
 * @param {Uint8Array} bytes
 * @returns {string}
 */
export function safetensorsHeader(bytes) {
    let deferred3_0;
    let deferred3_1;
    try {
        const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.safetensorsHeader(ptr0, len0);
        var ptr2 = ret[0];
        var len2 = ret[1];
        if (ret[3]) {
            ptr2 = 0; len2 = 0;
            throw takeFromExternrefTable0(ret[2]);
        }
        deferred3_0 = ptr2;
        deferred3_1 = len2;
        return getStringFromWasm0(ptr2, len2);
    } finally {
        wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
}

/**
 * How many of a file's first bytes `safetensorsHeader` needs, from the first eight.
 *
 * # Errors
 * `E_CHECKPOINT` when there are fewer or the number is absurd.
 * @param {Uint8Array} bytes
 * @returns {number}
 */
export function safetensorsHeaderBytes(bytes) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.safetensorsHeaderBytes(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] >>> 0;
}

/**
 * To deal for `scaleLiftServer`: A, B, `lambdaR A`, `lambdaR B`, each for all elements; `4 T n` words.
 *
 * # Errors
 * `E_ARGUMENT` when `lambdaU` is not as many rows as `lambdaR` has elements, or unless `2 <= k <= 64` and `f <= k -
 * 2`.
 * @param {BigUint64Array} lambdaR
 * @param {BigUint64Array} lambdaU
 * @param {number} k
 * @param {number} f
 * @returns {Dealt}
 */
export function scaleLiftDealer(lambdaR, lambdaU, k, f) {
    const ptr0 = passArray64ToWasm0(lambdaR, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(lambdaU, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.scaleLiftDealer(ptr0, len0, ptr1, len1, k, f);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of `r lift(u)`, right in the width of r, which has one element a row; u has width `k`.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {number} p
 * @param {BigUint64Array} mR
 * @param {BigUint64Array} halfR
 * @param {BigUint64Array} mU
 * @param {Dealt} dealt
 * @param {number} k
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function scaleLiftServer(p, mR, halfR, mU, dealt, k, f) {
    const ptr0 = passArray64ToWasm0(mR, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(halfR, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(mU, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr3 = dealt.__destroy_into_raw();
    const ret = wasm.scaleLiftServer(p, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, k, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v5;
}

/**
 * To deal for `scaleRowsServer`: `lambdaR lambdaX`.
 *
 * # Errors
 * `E_ARGUMENT` when `lambdaX` is not as many rows as `lambdaR` has elements.
 * @param {BigUint64Array} lambdaR
 * @param {BigUint64Array} lambdaX
 * @returns {Dealt}
 */
export function scaleRowsDealer(lambdaR, lambdaX) {
    const ptr0 = passArray64ToWasm0(lambdaR, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(lambdaX, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.scaleRowsDealer(ptr0, len0, ptr1, len1);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of `r x`, right in the width of r, which has one element a row.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together.
 * @param {number} p
 * @param {BigUint64Array} mR
 * @param {BigUint64Array} halfR
 * @param {BigUint64Array} mX
 * @param {BigUint64Array} halfX
 * @param {Dealt} gamma
 * @returns {BigUint64Array}
 */
export function scaleRowsServer(p, mR, halfR, mX, halfX, gamma) {
    const ptr0 = passArray64ToWasm0(mR, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(halfR, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(mX, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ptr3 = passArray64ToWasm0(halfX, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    _assertClass(gamma, Dealt);
    var ptr4 = gamma.__destroy_into_raw();
    const ret = wasm.scaleRowsServer(p, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v6 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v6;
}

/**
 * `a * factor`; the factor counts modulo 2^64.
 * @param {BigUint64Array} a
 * @param {bigint} factor
 * @returns {BigUint64Array}
 */
export function scaleWords(a, factor) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.scaleWords(ptr0, len0, factor);
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * To deal for `selectLiftServer`: the words of `liftDealer`, then `beta` (0 or 1) and `beta` times each of the former;
 * `5 n` words.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {BigUint64Array} beta
 * @param {BigUint64Array} lambda
 * @param {number} k
 * @param {number} f
 * @returns {Dealt}
 */
export function selectLiftDealer(beta, lambda, k, f) {
    const ptr0 = passArray64ToWasm0(beta, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.selectLiftDealer(ptr0, len0, ptr1, len1, k, f);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of `b lift(x)`, where `z = b ^ beta` are public bits and x has width `k`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {number} p
 * @param {BigUint64Array} z
 * @param {BigUint64Array} m
 * @param {Dealt} dealt
 * @param {number} k
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function selectLiftServer(p, z, m, dealt, k, f) {
    const ptr0 = passArray64ToWasm0(z, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr2 = dealt.__destroy_into_raw();
    const ret = wasm.selectLiftServer(p, ptr0, len0, ptr1, len1, ptr2, k, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * To deal for `selectScaleLiftServer`: the words of `scaleLiftDealer`, then `beta` (0 or 1), `beta lambdaR` and `beta` times
 * each of the former; `10 T n` words.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {BigUint64Array} beta
 * @param {BigUint64Array} lambdaR
 * @param {BigUint64Array} lambdaU
 * @param {number} k
 * @param {number} f
 * @returns {Dealt}
 */
export function selectScaleLiftDealer(beta, lambdaR, lambdaU, k, f) {
    const ptr0 = passArray64ToWasm0(beta, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(lambdaR, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(lambdaU, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ret = wasm.selectScaleLiftDealer(ptr0, len0, ptr1, len1, ptr2, len2, k, f);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of `b r lift(u)`, where `z = b ^ beta` are public bits and r has one element a row; right in the width of r.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together, or unless `2 <= k <= 64` and `f <= k - 2`.
 * @param {number} p
 * @param {BigUint64Array} z
 * @param {BigUint64Array} mR
 * @param {BigUint64Array} halfR
 * @param {BigUint64Array} mU
 * @param {Dealt} dealt
 * @param {number} k
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function selectScaleLiftServer(p, z, mR, halfR, mU, dealt, k, f) {
    const ptr0 = passArray64ToWasm0(z, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(mR, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(halfR, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ptr3 = passArray64ToWasm0(mU, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr4 = dealt.__destroy_into_raw();
    const ret = wasm.selectScaleLiftServer(p, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, ptr4, k, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v6 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v6;
}

/**
 * `(word mod 2^width) >> f` for each word.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or a shift that is not below it.
 * @param {BigUint64Array} words
 * @param {number} width
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function shiftRight(words, width, f) {
    const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.shiftRight(ptr0, len0, width, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * Shares of `s 2^f - log`, the last (one a group) for every j.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together.
 * @param {number} p
 * @param {BigUint64Array} mS
 * @param {BigUint64Array} halfS
 * @param {BigUint64Array} logShare
 * @param {Uint32Array} lengths
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function shiftScores(p, mS, halfS, logShare, lengths, f) {
    const ptr0 = passArray64ToWasm0(mS, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(halfS, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(logShare, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    const ptr3 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    const ret = wasm.shiftScores(p, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v5;
}

/**
 * To deal for `signServer`, under XOR: `2^(w-7)` words an element of `k` bits.
 *
 * # Errors
 * `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or for too many elements for one call.
 * @param {BigUint64Array} lambda
 * @param {number} k
 * @param {number} w
 * @returns {Dealt}
 */
export function signDealer(lambda, k, w) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.signDealer(ptr0, len0, k, w);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Where the word with each element's bit stands among the dealt ones.
 *
 * # Errors
 * `E_ARGUMENT` unless `7 <= w <= 14` and `w < k <= 64`, or when the tables are too large for one call.
 * @param {BigUint64Array} m
 * @param {number} k
 * @param {number} w
 * @returns {Uint32Array}
 */
export function signPositions(m, k, w) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.signPositions(ptr0, len0, k, w);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * XOR shares of `v >= 0`, of the top `w` of `k` bits, from the shares of the words at `signPositions`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ, or unless `7 <= w <= 14` and `w < k <= 64`.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {BigUint64Array} tables
 * @param {number} k
 * @param {number} w
 * @returns {BigUint64Array}
 */
export function signServer(p, m, tables, k, w) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(tables, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.signServer(p, ptr0, len0, ptr1, len1, k, w);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * Words read as signed numbers of `width` bits, divided by `2^scale`.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or a scale above 63.
 * @param {BigUint64Array} words
 * @param {number} width
 * @param {number} scale
 * @returns {Float32Array}
 */
export function signedToFloat(words, width, scale) {
    const ptr0 = passArray64ToWasm0(words, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.signedToFloat(ptr0, len0, width, scale);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * `x / (1 + e^-x)` of each value.
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
export function silu(x) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.silu(ptr0, len0);
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * Whether the kernels were built with vector instructions.
 * @returns {boolean}
 */
export function simd() {
    const ret = wasm.simd();
    return ret !== 0;
}

/**
 * The softmax of each row of `cols` values.
 *
 * # Errors
 * `E_ARGUMENT` when `x` is not whole rows.
 * @param {Float32Array} x
 * @param {number} cols
 * @returns {Float32Array}
 */
export function softmaxRows(x, cols) {
    const ptr0 = passArrayF32ToWasm0(x, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.softmaxRows(ptr0, len0, cols);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayF32FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
    return v2;
}

/**
 * The square root.
 * @param {number} x
 * @returns {number}
 */
export function sqrt(x) {
    const ret = wasm.sqrt(x);
    return ret;
}

/**
 * `x^(2^count)` by `count` multiplications that wait for each other: a clock, where the latency of one is known.
 * @param {bigint} x
 * @param {number} count
 * @returns {bigint}
 */
export function squareChain(x, count) {
    const ret = wasm.squareChain(x, count);
    return BigInt.asUintN(64, ret);
}

/**
 * `a - b`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 * @param {BigUint64Array} a
 * @param {BigUint64Array} b
 * @returns {BigUint64Array}
 */
export function subWords(a, b) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(b, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.subWords(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * The sum over j of every group.
 *
 * # Errors
 * `E_ARGUMENT` for another number of shares.
 * @param {BigUint64Array} shares
 * @param {Uint32Array} lengths
 * @returns {BigUint64Array}
 */
export function sumScores(shares, lengths) {
    const ptr0 = passArray64ToWasm0(shares, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray32ToWasm0(lengths, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.sumScores(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * To deal for `sumSquaresServer`: the sum of each row's squared mask.
 *
 * # Errors
 * `E_ARGUMENT` when `lambda` is not whole rows.
 * @param {BigUint64Array} lambda
 * @param {number} rows
 * @returns {Dealt}
 */
export function sumSquaresDealer(lambda, rows) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.sumSquaresDealer(ptr0, len0, rows);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * Shares of each row's sum of squares.
 *
 * # Errors
 * `E_ARGUMENT` when the arrays do not fit together.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {BigUint64Array} half
 * @param {Dealt} gamma
 * @param {number} rows
 * @returns {BigUint64Array}
 */
export function sumSquaresServer(p, m, half, gamma, rows) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(half, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(gamma, Dealt);
    var ptr2 = gamma.__destroy_into_raw();
    const ret = wasm.sumSquaresServer(p, ptr0, len0, ptr1, len1, ptr2, rows);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v4 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v4;
}

/**
 * `a >> f` of reduced words.
 *
 * # Errors
 * `E_ARGUMENT` for a shift above 63.
 * @param {BigUint64Array} a
 * @param {number} f
 * @returns {BigUint64Array}
 */
export function truncateWords(a, f) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.truncateWords(ptr0, len0, f);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * The other server's share from the tape, as `unpackWords` gives it.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {number} count
 * @returns {Dealt}
 */
export function unpackDealt(bytes, width, count) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.unpackDealt(ptr0, len0, width, count);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * The words of `width` bits at `positions` of packed bytes.
 *
 * # Errors
 * `E_ARGUMENT` for a width that does not exist or a position that is not inside the bytes.
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {Uint32Array} positions
 * @returns {BigUint64Array}
 */
export function unpackGather(bytes, width, positions) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray32ToWasm0(positions, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.unpackGather(ptr0, len0, width, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}

/**
 * `count` words of `width` bits from exactly as many bytes as they fill. Bits after the last word are ignored.
 *
 * # Errors
 * `E_ARGUMENT` for a width outside 1 to 64 or another number of bytes.
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {number} count
 * @returns {BigUint64Array}
 */
export function unpackWords(bytes, width, count) {
    const ptr0 = passArray8ToWasm0(bytes, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.unpackWords(ptr0, len0, width, count);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v2 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v2;
}

/**
 * To deal for `windowSelect`: products of the bits of `alpha` (`n x thr`), the masks of what `windowDigits` opened,
 * then the same times `lambda` (`n x (thr + 1)`), the mask of what the windows add.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together or unless there are 1 to 5 digits.
 * @param {BigUint64Array} alpha
 * @param {BigUint64Array} lambda
 * @param {number} digitsCount
 * @param {number} thr
 * @returns {Dealt}
 */
export function windowDealer(alpha, lambda, digitsCount, thr) {
    const ptr0 = passArray64ToWasm0(alpha, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.windowDealer(ptr0, len0, ptr1, len1, digitsCount, thr);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * XOR shares of the digits' bits, one word of `2 D - 1` bits for each element and threshold; to be opened under XOR
 * masks.
 *
 * # Errors
 * `E_ARGUMENT` for tables of another length, or digits as for `windowTables`.
 * @param {number} p
 * @param {BigUint64Array} m
 * @param {BigUint64Array} thresholds
 * @param {Dealt} tables
 * @param {number} k
 * @param {Uint8Array} digits
 * @returns {BigUint64Array}
 */
export function windowDigits(p, m, thresholds, tables, k, digits) {
    const ptr0 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(thresholds, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    _assertClass(tables, Dealt);
    var ptr2 = tables.__destroy_into_raw();
    const ptr3 = passArray8ToWasm0(digits, wasm.__wbindgen_malloc);
    const len3 = WASM_VECTOR_LEN;
    const ret = wasm.windowDigits(p, ptr0, len0, ptr1, len1, ptr2, k, ptr3, len3);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v5;
}

/**
 * Words of `windowDealer` of each kind, a comparison of `digitsCount` digits.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits.
 * @param {number} digitsCount
 * @returns {number}
 */
export function windowMonomials(digitsCount) {
    const ret = wasm.windowMonomials(digitsCount);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0] >>> 0;
}

/**
 * Shares of the sum of what those windows add whose threshold is reached; the first has none.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths do not fit together or unless there are 1 to 5 digits.
 * @param {number} p
 * @param {BigUint64Array} opened
 * @param {BigUint64Array} m
 * @param {BigUint64Array} half
 * @param {Dealt} dealt
 * @param {number} digitsCount
 * @param {number} thr
 * @returns {BigUint64Array}
 */
export function windowSelect(p, opened, m, half, dealt, digitsCount, thr) {
    const ptr0 = passArray64ToWasm0(opened, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(m, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ptr2 = passArray64ToWasm0(half, wasm.__wbindgen_malloc);
    const len2 = WASM_VECTOR_LEN;
    _assertClass(dealt, Dealt);
    var ptr3 = dealt.__destroy_into_raw();
    const ret = wasm.windowSelect(p, ptr0, len0, ptr1, len1, ptr2, len2, ptr3, digitsCount, thr);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v5 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v5;
}

/**
 * To deal for `windowDigits`, under XOR: the tables of a wire's digits, `n x ceil(sum 2^digit / 64)` words.
 *
 * # Errors
 * `E_ARGUMENT` unless there are 1 to 5 digits of 1 to 11 bits, the most significant first, that sum to `k`.
 * @param {BigUint64Array} lambda
 * @param {number} k
 * @param {Uint8Array} digits
 * @returns {Dealt}
 */
export function windowTables(lambda, k, digits) {
    const ptr0 = passArray64ToWasm0(lambda, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray8ToWasm0(digits, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.windowTables(ptr0, len0, k, ptr1, len1);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return Dealt.__wrap(ret[0]);
}

/**
 * The exclusive or of all words of a matrix: reads the bytes that a product reads, as fast as vector loads can.
 * @param {RingMatrix} matrix
 * @returns {bigint}
 */
export function xorMatrix(matrix) {
    _assertClass(matrix, RingMatrix);
    const ret = wasm.xorMatrix(matrix.__wbg_ptr);
    return BigInt.asUintN(64, ret);
}

/**
 * `a ^ b`.
 *
 * # Errors
 * `E_ARGUMENT` when the lengths differ.
 * @param {BigUint64Array} a
 * @param {BigUint64Array} b
 * @returns {BigUint64Array}
 */
export function xorWords(a, b) {
    const ptr0 = passArray64ToWasm0(a, wasm.__wbindgen_malloc);
    const len0 = WASM_VECTOR_LEN;
    const ptr1 = passArray64ToWasm0(b, wasm.__wbindgen_malloc);
    const len1 = WASM_VECTOR_LEN;
    const ret = wasm.xorWords(ptr0, len0, ptr1, len1);
    if (ret[3]) {
        throw takeFromExternrefTable0(ret[2]);
    }
    var v3 = getArrayU64FromWasm0(ret[0], ret[1]).slice();
    wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
    return v3;
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg_Error_30c8987f7c2ed4e2: function(arg0, arg1) {
            const ret = Error(getStringFromWasm0(arg0, arg1));
            return ret;
        },
        __wbg___wbindgen_copy_to_typed_array_88899a52af046901: function(arg0, arg1, arg2) {
            new Uint8Array(arg2.buffer, arg2.byteOffset, arg2.byteLength).set(getArrayU8FromWasm0(arg0, arg1));
        },
        __wbg___wbindgen_throw_41e9ee4f547fc59a: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            const offset = table.grow(4);
            table.set(0, undefined);
            table.set(offset + 0, undefined);
            table.set(offset + 1, null);
            table.set(offset + 2, true);
            table.set(offset + 3, false);
        },
    };
    return {
        __proto__: null,
        "./comet_kernels_bg.js": import0,
    };
}

const DealtFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_dealt_free(ptr, 1));
const FloatMatrixFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_floatmatrix_free(ptr, 1));
const FunctionTableFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_functiontable_free(ptr, 1));
const IntegerRowsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_integerrows_free(ptr, 1));
const MaskCacheFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_maskcache_free(ptr, 1));
const MaskedCacheFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_maskedcache_free(ptr, 1));
const NormFunctionFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_normfunction_free(ptr, 1));
const RingMatrixFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_ringmatrix_free(ptr, 1));
const RingRowsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_ringrows_free(ptr, 1));
const SinesFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_sines_free(ptr, 1));
const WindowShapeFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_windowshape_free(ptr, 1));
const WindowsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_windows_free(ptr, 1));

function _assertClass(instance, klass) {
    if (!(instance instanceof klass)) {
        throw new Error(`expected instance of ${klass.name}`);
    }
}

function getArrayF32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayI16FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getInt16ArrayMemory0().subarray(ptr / 2, ptr / 2 + len);
}

function getArrayU32FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint32ArrayMemory0().subarray(ptr / 4, ptr / 4 + len);
}

function getArrayU64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getBigUint64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayU8FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getUint8ArrayMemory0().subarray(ptr / 1, ptr / 1 + len);
}

let cachedBigUint64ArrayMemory0 = null;
function getBigUint64ArrayMemory0() {
    if (cachedBigUint64ArrayMemory0 === null || cachedBigUint64ArrayMemory0.byteLength === 0) {
        cachedBigUint64ArrayMemory0 = new BigUint64Array(wasm.memory.buffer);
    }
    return cachedBigUint64ArrayMemory0;
}

let cachedFloat32ArrayMemory0 = null;
function getFloat32ArrayMemory0() {
    if (cachedFloat32ArrayMemory0 === null || cachedFloat32ArrayMemory0.byteLength === 0) {
        cachedFloat32ArrayMemory0 = new Float32Array(wasm.memory.buffer);
    }
    return cachedFloat32ArrayMemory0;
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

let cachedInt16ArrayMemory0 = null;
function getInt16ArrayMemory0() {
    if (cachedInt16ArrayMemory0 === null || cachedInt16ArrayMemory0.byteLength === 0) {
        cachedInt16ArrayMemory0 = new Int16Array(wasm.memory.buffer);
    }
    return cachedInt16ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    return decodeText(ptr >>> 0, len);
}

let cachedUint32ArrayMemory0 = null;
function getUint32ArrayMemory0() {
    if (cachedUint32ArrayMemory0 === null || cachedUint32ArrayMemory0.byteLength === 0) {
        cachedUint32ArrayMemory0 = new Uint32Array(wasm.memory.buffer);
    }
    return cachedUint32ArrayMemory0;
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArray32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getUint32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getBigUint64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArray8ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 1, 1) >>> 0;
    getUint8ArrayMemory0().set(arg, ptr / 1);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF32ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 4, 4) >>> 0;
    getFloat32ArrayMemory0().set(arg, ptr / 4);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(ptr, len) {
    numBytesDecoded += len;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true, fatal: true });
        cachedTextDecoder.decode();
        numBytesDecoded = len;
    }
    return cachedTextDecoder.decode(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedBigUint64ArrayMemory0 = null;
    cachedFloat32ArrayMemory0 = null;
    cachedFloat64ArrayMemory0 = null;
    cachedInt16ArrayMemory0 = null;
    cachedUint32ArrayMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;


    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }

    if (module_or_path === undefined) {
        module_or_path = new URL('comet_kernels_bg.wasm', import.meta.url);
    }
    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
