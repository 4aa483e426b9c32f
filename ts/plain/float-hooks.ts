/** What a float forward pass shows of itself. Arrays are row-major and belong to the pass: read them, do not keep them. */

/** Attention scores of one layer of one pass. */
export interface ScoreTrace {
  readonly layer: number;
  /** Of each row. */
  readonly positions: Uint32Array;
  /** `rows x heads x SCORE_FACTS` (`float-attention.ts`). */
  readonly facts: Float64Array;
}

/** One layer of one pass. */
export interface LayerTrace {
  readonly layer: number;
  /** Of each row: those of a sequence follow each other, texts that stand apart begin at 0. */
  readonly positions: Uint32Array;
  readonly rows: number;
  /** The stream before the layer, `rows x d`. */
  readonly x: Float32Array;
  /** q, k and v, biases included, `rows x (heads + 2 kvHeads) * headDim`. */
  readonly qkv: Float32Array;
  /** The same as scores read them: after the norms of heads and rotation, where there are such. */
  readonly turned: Float32Array;
  /** Outputs of the heads, before the output projection, `rows x heads * headDim`. */
  readonly attention: Float32Array;
  /** The stream after attention, `rows x d`. */
  readonly x1: Float32Array;
  /** Of gated layers: pre-activations, biases included, `rows x ffn`. */
  readonly gate?: Float32Array;
  /** Likewise what they gate; pre-activations where nothing is gated. */
  readonly up: Float32Array;
  /** What the down-projection reads, `rows x ffn`. */
  readonly active: Float32Array;
  /** The stream after the layer, `rows x d`. */
  readonly x2: Float32Array;
}

/** The last norm of one pass. */
export interface FinalTrace {
  readonly positions: Uint32Array;
  readonly rows: number;
  /** The stream after the last layer, `rows x d`. */
  readonly x: Float32Array;
  /** The same after the last norm, if there is one. */
  readonly hidden: Float32Array;
}

/** The neurons of one layer of one pass, `rows x ffn` each. */
export interface Neurons {
  /** What the activation function was applied to: of the gate, where there is one. */
  readonly inner: Float32Array;
  /** What the down-projection reads. */
  readonly active: Float32Array;
}

/** Called on the way. */
export interface FloatHooks {
  /** The normalised input of a layer's attention, `rows x d`: the first thing that a pass knows of a layer. */
  readonly input?: (layer: number, x: Float32Array) => void;
  /** May change the heads' outputs (`rows x heads * headDim`) before the output projection. */
  readonly heads?: (layer: number, attention: Float32Array) => void;
  /** May leave out neurons: those are zero in both. */
  readonly neurons?: (layer: number, neurons: Neurons) => void;
  readonly scores?: (trace: ScoreTrace) => void;
  readonly layer?: (trace: LayerTrace) => void;
  readonly final?: (trace: FinalTrace) => void;
}
