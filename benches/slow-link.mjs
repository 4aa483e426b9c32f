// A TCP proxy that behaves like a longer, thinner wire: every byte arrives in order, a one-way delay after it was sent,
// and no faster than the link's rate. Each direction has the whole rate. Bytes that wait to be sent are kept without bound.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { Alarm, now } from './alarm.mjs';

/**
 * @typedef {object} Quality
 * @property {number} delayMs one way
 * @property {number} bytesPerSecond of each direction; Infinity for no bound
 */

/** One direction: chunks and the moments at which their last bytes arrive. */
export class Wire {
  #queue = [];
  #free = 0;

  /** @param {() => Quality} quality read for every chunk */
  constructor(quality) {
    this.quality = quality;
  }

  /** Takes a chunk at `moment`, in milliseconds; undefined is the end. @returns {number} when it arrives */
  push(chunk, moment) {
    const { delayMs, bytesPerSecond } = this.quality();
    // It leaves when the bytes before it have left, and is through when its own have.
    this.#free = Math.max(this.#free, moment) + (1000 * (chunk?.length ?? 0)) / bytesPerSecond;
    const last = this.#queue.at(-1)?.arrival ?? 0;
    const arrival = Math.max(last, this.#free + delayMs);
    this.#queue.push({ chunk, arrival });
    return arrival;
  }

  /** When the next chunk arrives; undefined when none is under way. */
  get next() {
    return this.#queue[0]?.arrival;
  }

  /** What has arrived by `moment`, in order. */
  *arrived(moment) {
    while (this.#queue.length > 0 && this.#queue[0].arrival <= moment) yield this.#queue.shift().chunk;
  }
}

/** Links between local ports; all wait on one alarm. */
export class SlowLinks {
  #servers = new Set();
  #sockets = new Set();
  #wires = new Map();
  #alarm = new Alarm(() => this.#deliver());

  /** @param {Quality} quality may be replaced at any time */
  constructor(quality) {
    this.quality = quality;
  }

  /** Opens a port of this machine that leads to `port`. @returns {Promise<number>} */
  async to(port) {
    const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
      const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
      this.#join(near, far);
      this.#join(far, near);
    });
    this.#servers.add(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    return server.address().port;
  }

  async stop() {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
    await this.#alarm.stop();
  }

  #join(from, to) {
    const wire = new Wire(() => this.quality);
    this.#sockets.add(from);
    this.#wires.set(wire, to);
    const push = (chunk) => {
      wire.push(chunk, now());
      this.#deliver();
    };
    from.on('data', push);
    from.on('end', () => push(undefined));
    // What breaks on one side breaks on the other, after what was under way.
    from.on('error', () => {});
    from.on('close', (failed) => {
      this.#sockets.delete(from);
      if (failed) to.destroy();
    });
    to.on('close', () => this.#wires.delete(wire));
  }

  #deliver() {
    const moment = now();
    let next = Infinity;
    for (const [wire, to] of this.#wires) {
      for (const chunk of wire.arrived(moment)) {
        if (chunk === undefined) to.end();
        else if (to.writable) to.write(chunk);
      }
      next = Math.min(next, wire.next ?? Infinity);
    }
    if (next < Infinity) this.#alarm.set(next);
  }
}
