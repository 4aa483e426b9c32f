/** What attacks are given, and what they report. */
import type { Identified } from './known-prompt.js';
import type { MitigationName } from './mitigation-names.js';
import type { PublicModel } from './public-model.js';
import type { Outcome } from './score.js';
import type { OpenedView } from './view.js';

/** A text and what is opened of it, before any protection. */
export interface Reading {
  readonly ids: readonly number[];
  readonly view: OpenedView;
}

/** What is attacked, and what the adversary has. */
export interface AttackSubject {
  /** The adversary's own text. */
  readonly training: Reading;
  readonly target: Reading;
  /** Tokens of a session: positions begin anew. */
  readonly sessionTokens: number;
  /** The checkpoint and its predictors, which are public. */
  readonly model: PublicModel;
}

export interface AttackSettings {
  readonly epochTokens: number;
  readonly seed: number;
  /** Beside `none`, which is always run. */
  readonly mitigations: readonly MitigationName[];
  /** Sessions whose first tokens are guessed word by word, and how many tokens of each. */
  readonly guessed: { readonly sessions: number; readonly tokens: number };
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: string, done: number, total: number) => void;
}

/** The attacks of docs/attacks.md. */
export const ATTACKS = ['classifier', 'vocabulary', 'knownPrompt', 'counts'] as const;
export type AttackName = (typeof ATTACKS)[number];

/** One attack in one variant. */
export interface AttackResult extends Outcome, Partial<Identified> {
  readonly attack: AttackName;
  readonly variant: string;
  /** Tokens at the start of an epoch that the adversary knows. */
  readonly known?: number;
}

/** All attacks under one mitigation. */
export interface MitigationReport {
  readonly mitigation: MitigationName;
  readonly epochTokens: number;
  /** Of the names that can be opened, those that are: mean over tokens and layers, heads included. */
  readonly opened: number;
  readonly results: readonly AttackResult[];
}

export interface AttackReport {
  readonly tokens: number;
  readonly trainingTokens: number;
  readonly epochTokens: number;
  readonly seed: number;
  /** Tokens with a class of their own; of the attacked text, the fraction that these are. */
  readonly classes: number;
  readonly covered: number;
  /** Of an adversary who sees nothing: how often the most frequent token is right, and nats a token of the classes' frequencies. */
  readonly baseline: { readonly accuracy: number; readonly crossEntropy: number };
  /** Whether the control of each attack that was run succeeds; false means that it is broken or had too little text, and shows nothing. */
  readonly controlBeatsBaseline: Readonly<Partial<Record<AttackName, boolean>>>;
  readonly mitigations: readonly MitigationReport[];
}
