import { CometError } from '../core/errors.js';
import { Mailbox, type Channel } from './channel.js';

/** The part of a MessagePort that Node's worker_threads and the web have in common. */
export interface PortLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  onmessage: ((event: MessageEvent) => void) | null;
  onmessageerror: ((event: MessageEvent) => void) | null;
  addEventListener(type: 'close', listener: () => void): void;
  close(): void;
}

/** Tells the other end that no message follows: not every runtime has a `close` event. */
const END = null;

/**
 * A channel over one end of a MessageChannel, for parties in workers. Frames are transferred, not copied.
 * A worker that dies is noticed where the runtime fires `close` on ports (Node, new browsers); elsewhere watch the worker.
 */
export function portChannel(port: PortLike): Channel {
  const mailbox = new Mailbox();
  const finish = (error?: CometError) => {
    port.close();
    mailbox.closed(error);
  };
  port.onmessage = ({ data }) => {
    if (data === END) finish();
    else if (ArrayBuffer.isView(data)) mailbox.message(data as Uint8Array);
    else finish(new CometError('E_FRAME', 'A port delivered something that is not bytes.'));
  };
  port.onmessageerror = () => finish(new CometError('E_FRAME', 'A port delivered a message that cannot be read.'));
  port.addEventListener('close', () => mailbox.closed());
  return {
    bufferedAmount: 0,
    attach: (receiver) => mailbox.attach(receiver),
    send: (bytes) => port.postMessage(bytes, [bytes.buffer]),
    close() {
      port.postMessage(END, []);
      port.close(); // what was posted is still delivered
    },
  };
}
