/** When epochs begin: chosen by the client, derived by every party from the steps that it announces. */

/** What a client asks for. Without either, a session stays in the epoch in which the owner masked the model. */
export interface EpochPolicy {
  /** The session begins with an epoch of its own. */
  readonly fresh: boolean;
  /** Another one begins before the first step after so many rows were run sparse. */
  readonly tokens?: number;
}

/** An epoch of a session. Number 0 is the owner's. */
export interface Epoch {
  readonly number: number;
  /**
   * Whether heads get another order when it begins. That is so only before the first step: cached keys and values, and what the cache lacks, are
   * told apart by head, so the order of heads lasts a session.
   */
  readonly heads: boolean;
}

/** The epoch of each step, in their order. */
export class EpochSchedule {
  #epoch: Epoch;
  #rows = 0;

  constructor(private readonly policy: EpochPolicy) {
    this.#epoch = policy.fresh ? { number: 1, heads: true } : { number: 0, heads: false };
  }

  /** The epoch in which the next step runs, all its rows: a step is never divided. */
  next({ rows, sparse }: { readonly rows: number; readonly sparse: boolean }): Epoch {
    if (!sparse) return this.#epoch;
    if (this.policy.tokens !== undefined && this.#rows >= this.policy.tokens) {
      this.#epoch = { number: this.#epoch.number + 1, heads: false };
      this.#rows = 0;
    }
    this.#rows += rows;
    return this.#epoch;
  }
}

/** What a client may say of epochs. */
export interface EpochChoice {
  /** Stay in the owner's epoch, with all other sessions that do. */
  readonly sharedEpoch?: boolean;
  /** Begin another epoch after so many tokens. */
  readonly epochTokens?: number;
}

/** @param alone whether the model was provisioned for this session only: then the owner's epoch is nobody else's */
export const epochPolicy = ({ sharedEpoch = false, epochTokens }: EpochChoice, alone = false): EpochPolicy => ({
  fresh: !sharedEpoch && (!alone || epochTokens !== undefined),
  ...(epochTokens !== undefined && { tokens: epochTokens }),
});

/** What a shuffle took at one party. */
export interface Shuffled {
  /** From its begin to its end: of that the session waited {@link EpochBegun.waitSeconds}. */
  readonly seconds: number;
  /** That this party sent and received for it, frame headers included. */
  readonly bytes: number;
}

/** An epoch that has begun. */
export interface EpochBegun extends Epoch, Shuffled {
  /** That this party's first step of the epoch waited for its weights. */
  readonly waitSeconds: number;
  /** How long they had been ready before. */
  readonly readySeconds: number;
}
