/* eslint-disable */
// @ts-nocheck
export function shim(k: any) {
  const P = k.RingMatrix.prototype;
  P.mulColumnBlocks = function (x, t, rows, blocks, size) {
    const out = new BigUint64Array(rows.length * size);
    const cache = new Map();
    for (let i = 0; i < rows.length; i++) {
      const r = rows[i];
      if (!cache.has(r)) cache.set(r, this.mul(x.slice(r * this.rows, (r + 1) * this.rows), 1));
      out.set(cache.get(r).subarray(blocks[i] * size, (blocks[i] + 1) * size), i * size);
    }
    return out;
  };
  P.mulRowBlocks = function (x, t, rows, blocks) {
    const size = rows.length ? x.length / rows.length : 0;
    const full = new BigUint64Array(t * this.rows);
    for (let i = 0; i < rows.length; i++) full.set(x.subarray(i * size, (i + 1) * size), rows[i] * this.rows + blocks[i] * size);
    return this.mul(full, t);
  };
  class RingRows {
    constructor(rows, dim, words) { this.rows = rows; this.dim = dim; this.w = words.slice(); }
    static zeros(rows, dim) { return new RingRows(rows, dim, new BigUint64Array(rows * dim)); }
    static fromPrg(rows, dim, key, nonce) { const m = RingRows.zeros(rows, dim); m.addPrg(key, nonce, false); return m; }
    addPrg(key, nonce, negate) { const p = k.prgWords(key, nonce, 0, this.w.length, 64); this.w = negate ? k.subWords(this.w, p) : k.addWords(this.w, p); }
    copy() { return new RingRows(this.rows, this.dim, this.w); }
    words() { return this.w.slice(); }
    free() {}
    get t() { if (!this._t) { const o = new BigUint64Array(this.w.length); for (let r = 0; r < this.rows; r++) for (let c = 0; c < this.dim; c++) o[c * this.rows + r] = this.w[r * this.dim + c]; this._t = new k.RingMatrix(this.dim, this.rows, o); this._m = new k.RingMatrix(this.rows, this.dim, this.w); } return this._t; }
    dots(x, t, starts, neurons) { const full = this.t.mul(x, t); const out = new BigUint64Array(neurons.length); for (let r = 0; r < t; r++) for (let i = starts[r]; i < starts[r + 1]; i++) out[i] = full[r * this.rows + neurons[i]]; return out; }
    combine(a, t, starts, neurons) { void this.t; const full = new BigUint64Array(t * this.rows); for (let r = 0; r < t; r++) for (let i = starts[r]; i < starts[r + 1]; i++) full[r * this.rows + neurons[i]] = a[i]; return this._m.mul(full, t); }
  }
  return Object.assign({}, k, { RingRows });
}
