import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import type { Limits } from '../../core/limits.js';

/**
 * Probes a connection, and cuts it when its peer is silent for about `lostMs`: then the link ends with E_PEER_LOST.
 * Silence is counted in probes, not read off a clock, because a party that computes for long sees time jump while what
 * its peer has sent waits in the kernel. A peer that blocks its own event loop for `lostMs` does count as lost.
 */
export function keepAlive(socket: WebSocket, { connection, limits }: { connection: Socket; limits: Limits }): void {
  const allowed = Math.max(1, Math.ceil(limits.lostMs / limits.pingMs));
  let silent = 0;
  let heard = connection.bytesRead;
  let backlog = 0;
  const timer = setInterval(() => {
    // A long frame in either direction delays the answer; its progress is as good a sign of life.
    const alive = connection.bytesRead !== heard || socket.bufferedAmount < backlog;
    silent = alive ? 0 : silent + 1;
    heard = connection.bytesRead;
    backlog = socket.bufferedAmount;
    if (silent > allowed) return socket.terminate();
    if (socket.readyState === socket.OPEN) socket.ping();
  }, limits.pingMs);
  timer.unref();
  socket.once('close', () => clearInterval(timer));
}
