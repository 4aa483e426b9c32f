import { CometError } from '../core/errors.js';
import { release } from '../core/release.js';
import { Mailbox, type Channel } from './channel.js';

/** The part of the standard WebSocket that is used; `ws` has it too. */
export interface SocketLike {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  /** `written` is called by `ws` only, once it needs the data no more. */
  send(data: Uint8Array<ArrayBuffer>, written?: () => void): void;
  close(code?: number): void;
  onmessage: ((event: never) => void) | null;
  onclose: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
}

const OPEN = 1;
const TOO_LONG = 1009;
const tooLong = () => new CometError('E_FRAME', 'A frame was refused: it is too long.');

/** A channel over an open WebSocket, one frame a binary message. */
export function socketChannel(socket: SocketLike): Channel {
  const mailbox = new Mailbox();
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({ data }: { data: unknown }) => {
    if (typeof data !== 'string') return mailbox.message(new Uint8Array(data as ArrayBuffer));
    mailbox.closed(new CometError('E_FRAME', 'A WebSocket delivered text; frames are binary.'));
    socket.close(1003);
  };
  socket.onclose = ({ code }: { code: number }) => {
    mailbox.closed(code === TOO_LONG ? tooLong() : undefined); // the peer refused a message of ours
  };
  // `onclose` follows, but does not tell this end when it refused a message itself.
  socket.onerror = ({ error }: { error?: { code?: string } }) => {
    if (error?.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') mailbox.closed(tooLong());
  };
  return {
    get bufferedAmount() {
      return socket.bufferedAmount;
    },
    attach: (receiver) => mailbox.attach(receiver),
    send(bytes) {
      // The standard WebSocket drops silently what is sent too late.
      if (socket.readyState !== OPEN) throw new CometError('E_PEER_LOST', 'The connection is closed.');
      socket.send(bytes, () => release(bytes));
    },
    close: () => socket.close(1000),
  };
}
