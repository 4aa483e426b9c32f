import { CometError } from '../core/errors.js';
import { aborted } from './wait.js';

interface Waiter<T> {
  resolve(item: T): void;
  reject(error: CometError): void;
}

/** What a link has received and nobody has read: bounded, first in first out, for any number of readers. */
export class Queue<T> {
  private readonly items: { item: T; bytes: number }[] = [];
  private readonly waiters: Waiter<T>[] = [];
  private bytes = 0;
  private reason?: CometError;
  /** Items ever pushed. */
  accepted = 0;

  constructor(
    private readonly maxItems: number,
    private readonly maxBytes: number,
  ) {}

  /** @throws CometError E_LIMIT when nobody reads as fast as `source` sends. */
  push(item: T, bytes: number, source: string): void {
    this.accepted += 1;
    const waiter = this.waiters.shift();
    if (waiter) return waiter.resolve(item);
    if (this.items.length >= this.maxItems || this.bytes + bytes > this.maxBytes) {
      throw new CometError(
        'E_LIMIT',
        `${source} sends faster than its frames are read: ${this.items.length} wait, of ${this.bytes} bytes. Raise limits.queueFrames and limits.queueBytes of this party, or see what delays it.`,
      );
    }
    this.bytes += bytes;
    this.items.push({ item, bytes });
  }

  /** The next item; rejects with the reason once the queue has ended and is empty. */
  async shift(signal?: AbortSignal): Promise<T> {
    if (signal?.aborted) throw aborted(signal);
    const next = this.items.shift();
    if (next) {
      this.bytes -= next.bytes;
      return next.item;
    }
    if (this.reason) throw this.reason;
    return new Promise<T>((resolve, reject) => {
      const waiter: Waiter<T> = {
        resolve: (item) => (forget(), resolve(item)),
        reject: (error) => (forget(), reject(error)),
      };
      const onAbort = () => {
        this.waiters.splice(this.waiters.indexOf(waiter), 1);
        waiter.reject(aborted(signal));
      };
      const forget = () => signal?.removeEventListener('abort', onAbort);
      signal?.addEventListener('abort', onAbort);
      this.waiters.push(waiter);
    });
  }

  /** The first item that waits and is such; it stays. */
  find(is: (item: T) => boolean): T | undefined {
    return this.items.find(({ item }) => is(item))?.item;
  }

  /** Nothing more will come. */
  end(reason: CometError): void {
    this.reason ??= reason;
    for (const waiter of this.waiters.splice(0)) waiter.reject(this.reason);
  }

  clear(): void {
    this.items.length = 0;
    this.bytes = 0;
  }
}
