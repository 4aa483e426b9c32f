import type { CometError } from '../core/errors.js';

/** What a link wants to hear from its channel. `closed` comes once and last. */
export interface Receiver {
  message(bytes: Uint8Array): void;
  /** Without an error where the channel cannot tell why it ended. */
  closed(error?: CometError): void;
}

/** An ordered, reliable way for whole messages between two parties: memory, a MessagePort or a WebSocket. */
export interface Channel {
  /** Takes ownership of `bytes`, which fill their buffer. */
  send(bytes: Uint8Array<ArrayBuffer>): void;
  /** Called once; what arrived earlier is then delivered first. */
  attach(receiver: Receiver): void;
  /** Bytes accepted by `send` and not yet handed to the system; 0 where that is not known. */
  readonly bufferedAmount: number;
  /** Ends the channel after what was sent. */
  close(): void;
}

/** Keeps what a transport delivers until a link is attached. */
export class Mailbox implements Receiver {
  private receiver?: Receiver;
  private early: ((receiver: Receiver) => void)[] = [];
  private ended = false;

  attach(receiver: Receiver): void {
    this.receiver = receiver;
    for (const deliver of this.early.splice(0)) deliver(receiver);
  }

  message(bytes: Uint8Array): void {
    if (!this.ended) this.deliver((receiver) => receiver.message(bytes));
  }

  closed(error?: CometError): void {
    if (this.ended) return;
    this.ended = true;
    this.deliver((receiver) => receiver.closed(error));
  }

  private deliver(event: (receiver: Receiver) => void): void {
    if (this.receiver) event(this.receiver);
    else this.early.push(event);
  }
}
