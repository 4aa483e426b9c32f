/**
 * What each party sees of a deployment, printed by `comet leakage`: the leakage function of docs/leakage.md for one plan and one way to
 * run it. A statement, not a measurement; `comet attack` measures what the opened sets tell.
 */
import type { Plan } from '../plan/formats.js';

/** How a session runs, as far as leakage depends on it. */
export interface LeakageOptions {
  readonly dense?: boolean;
  /** Sessions of several clients use one order of neurons and heads. */
  readonly sharedEpoch?: boolean;
  /** A new order of neurons after so many tokens. */
  readonly epochTokens?: number;
  /** Sets are padded before they are opened, and all heads are computed. */
  readonly constantBudget?: boolean;
}

/** Who looks. */
export type Observer = 'server0' | 'server1' | 'dealer' | 'client' | 'network';

export interface LeakageReport {
  readonly mode: 'sparse' | 'dense';
  /** What holds only under these. */
  readonly assumptions: readonly string[];
  /** What each observer sees beyond random-looking words. */
  readonly sees: Readonly<Record<Observer, readonly string[]>>;
  /** Bits that are opened in the clear, a token: of neurons and of heads, over all layers. */
  readonly clearBitsPerToken: { readonly neurons: number; readonly heads: number };
  /** Whose tokens have their sets in one order. */
  readonly epoch: 'none' | 'session' | 'tokens' | 'shared';
  /** What to do about it. */
  readonly mitigations: readonly string[];
}

const ASSUMPTIONS = [
  'the adversary follows the protocol, and is one of server 0, server 1 and the dealer, not two of them',
  'links are private and authenticated; seeds stay with their owners',
  'the model owner and the client are honest, unless it says otherwise',
];
const OWNERS_ORDER =
  'nobody of server 0, server 1 and the dealer knows the order in which neurons and heads were masked: an owner who runs one of them does, and then sees the sets themselves';
const OWN_ORDER =
  "the session's order is put together from three, of which server 0, server 1 and the dealer each miss one (docs/epochs.md)";

const SIZES =
  'lengths: of the prompt, of the text asked for and of the text generated, the steps and when each was run';
const PUBLIC = 'the manifest: shape, plan (scales, widths, rank of predictors), hashes';

/** The statement for one plan. */
export function leakageOf(plan: Plan, options: LeakageOptions = {}): LeakageReport {
  const { ffn, heads } = plan.shape;
  const predicted = options.dense ? [] : plan.layers.filter(({ predictor }) => predictor);
  const everybody = [SIZES, PUBLIC];
  if (predicted.length === 0) {
    const sees = {
      server0: everybody,
      server1: everybody,
      dealer: everybody,
      client: [...everybody, ...OF_CLIENT],
      network: ['lengths, as above, from the number and sizes of frames, and times'],
    };
    const clearBitsPerToken = { neurons: 0, heads: 0 };
    return { mode: 'dense', assumptions: ASSUMPTIONS, sees, clearBitsPerToken, epoch: 'none', mitigations: [] };
  }
  const bits = predicted.map(({ predictor }) => predictor!.outputs - ffn);
  const epoch = options.sharedEpoch ? 'shared' : options.epochTokens ? 'tokens' : 'session';
  const padded = options.constantBudget ?? false;
  const found = padded
    ? [
        `for every token and each of ${predicted.length} layers, which of ${ffn} neurons are computed, in a secret order: those that are active, and others by chance until there are as many as the plan says in the mean; all heads are computed`,
        'hence how much the sets of any two tokens of an epoch have in common beyond chance; of how many are active only that it is not more than are computed, and how far numbers scatter',
      ]
    : [
        `for every token and each of ${predicted.length} layers, which of ${ffn} neurons and, for ${bits.filter((n) => n > 0).length} layers, which of ${heads} heads are computed, in a secret order`,
        'hence how many, how much the sets of any two tokens of an epoch have in common, and which keys and values are computed later for earlier tokens',
      ];
  const sets = [...found, EPOCHS[epoch](options.epochTokens ?? 0)];
  const counts = padded
    ? 'no counts: what is open is filled up to a public number of neurons in every row of a layer, for the sizes of frames, and all heads are computed'
    : 'how many neurons and heads are computed in each layer of each step, and how many keys and values of earlier tokens, from the sizes of frames';
  return {
    mode: 'sparse',
    assumptions: [...ASSUMPTIONS, epoch === 'shared' ? OWNERS_ORDER : OWN_ORDER],
    sees: {
      server0: [...everybody, ...sets],
      server1: [...everybody, ...sets],
      dealer: [...everybody, ...sets],
      client: [...everybody, ...OF_CLIENT, 'nothing of the sets: what it receives has one size'],
      network: ['lengths, as above, from the number and sizes of frames, and times', counts],
    },
    clearBitsPerToken: { neurons: predicted.length * ffn, heads: padded ? 0 : bits.reduce((sum, n) => sum + n, 0) },
    epoch,
    mitigations: [
      ...(options.constantBudget
        ? []
        : ['--budget constant: numbers of neurons tell nearly nothing, and no heads are opened']),
      ...(epoch === 'tokens' ? [] : ['--epoch-tokens N: sets of fewer tokens are in one order']),
      ...(epoch === 'shared' ? ['without --shared-epoch every session has an order of its own'] : []),
      '--dense: nothing of this; slower',
    ],
  };
}

const OF_CLIENT = [
  'its own text; embedding, positions and head of the model in plaintext',
  'for every token that it asks for the normalised final state, and whether attention stayed in range',
];

const EPOCHS: Readonly<Record<'session' | 'tokens' | 'shared', (tokens: number) => string>> = {
  session: () => 'the order is of this session alone: sets of other sessions cannot be matched with its',
  tokens: (tokens) =>
    `the order of neurons is new after every ${tokens} tokens, that of heads in every session: between epochs only counts and the heads' sets can be matched`,
  shared: () =>
    'the order is that of all sessions of this provisioning: sets of different clients can be matched, and an operator who is also a client learns from a few hundred known tokens which neuron is which, for everybody',
};
