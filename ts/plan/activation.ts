/** What a layer's feed-forward half computes between its matrices; names as in `hidden_act` of transformers. */

/**
 * The function of one pre-activation. `relu2` is the square of `relu`, `gelu_tanh` is `gelu` by its tanh form, and `fatrelu` lets
 * through what is more than its threshold.
 */
export type Activation =
  | { readonly kind: 'relu' | 'relu2' | 'silu' | 'gelu' | 'gelu_tanh' }
  | { readonly kind: 'fatrelu'; readonly threshold: number };
export type ActivationKind = Activation['kind'];

/** The form of a feed-forward half: gated, `act(x gate) * (x up)` with matrices `gate` and `up`; else `act(x up)`. */
export interface FeedForwardKind {
  readonly activation: Activation;
  readonly gated: boolean;
}

/** That of OPT. */
export const RELU: FeedForwardKind = { activation: { kind: 'relu' }, gated: false };
