/** Attention heads that are left out. */

/**
 * A hook that sets the `dropped` heads of smallest L2 norm to zero at every position of outputs `rows x (heads headDim)`. As in training, heads of
 * equal norm share a rank: both stay or both go.
 */
export function dropSmallestHeads(heads: number, headDim: number, dropped: number) {
  const width = heads * headDim;
  return (_layer: number, attention: Float32Array): void => {
    for (let at = 0; at < attention.length; at += width) {
      const parts = Array.from({ length: heads }, (_, head) =>
        attention.subarray(at + head * headDim, at + (head + 1) * headDim),
      );
      const norms = parts.map((part) => part.reduce((sum, value) => sum + value * value, 0));
      parts.forEach((part, head) => {
        const smaller = norms.filter((norm) => norm < norms[head]).length;
        if (smaller < dropped) part.fill(0);
      });
    }
  };
}
