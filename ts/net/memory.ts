import { Mailbox, type Channel } from './channel.js';

/** Two ends of a channel within one thread. Delivery is asynchronous, as on every other channel. */
export function memoryChannels(): [Channel, Channel] {
  const boxes = [new Mailbox(), new Mailbox()];
  let open = true;
  const later = (event: () => void) => setTimeout(event, 0);
  const end = (mine: Mailbox, theirs: Mailbox): Channel => ({
    bufferedAmount: 0,
    attach: (receiver) => mine.attach(receiver),
    send: (bytes) => void (open && queueMicrotask(() => theirs.message(bytes))),
    close: () => {
      if (!open) return;
      open = false;
      later(() => (mine.closed(), theirs.closed()));
    },
  });
  return [end(boxes[0], boxes[1]), end(boxes[1], boxes[0])];
}
