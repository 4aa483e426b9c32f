import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import type { Channel } from '../../ts/net/channel.js';
import { memoryChannels } from '../../ts/net/memory.js';
import { portChannel } from '../../ts/net/port.js';
import { socketChannel } from '../../ts/net/socket.js';

export const CHANNEL_KINDS = ['memory', 'ports', 'WebSocket'] as const;
export type ChannelKind = (typeof CHANNEL_KINDS)[number];

interface Opened {
  channels: [Channel, Channel];
  stop(): Promise<void>;
}

/** Two connected ends of a channel of each kind that exists. */
export async function openChannels(kind: ChannelKind): Promise<Opened> {
  if (kind === 'memory') return { channels: memoryChannels(), stop: async () => {} };
  if (kind === 'ports') {
    const { port1, port2 } = new MessageChannel();
    return { channels: [portChannel(port1), portChannel(port2)], stop: async () => (port1.close(), port2.close()) };
  }
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [[accepted]] = await Promise.all([once(server, 'connection'), once(client, 'open')]);
  return {
    channels: [socketChannel(client), socketChannel(accepted)],
    stop: async () => {
      client.terminate();
      accepted.terminate();
      server.close();
      await once(server, 'close');
    },
  };
}
