/** What a client says of one session, in whatever runtime: all that repeats it, and its tokens. */
import { bytesToHex } from '@noble/hashes/utils.js';

const hex = (record) => Object.fromEntries(Object.entries(record).map(([role, bytes]) => [role, bytesToHex(bytes)]));

/** Greedy tokens of `client`, a RemoteClient, and the types of its events in their order. */
export async function say(client, prompt, maxTokens) {
  const session = await client.open();
  const said = { session: bytesToHex(session.id), nonces: hex(session.nonces), maskSeeds: hex(session.maskSeeds) };
  const tokens = [];
  const told = [];
  const onEvent = ({ type }) => told.push(type);
  const opened = Object.create(client, { open: { value: () => Promise.resolve(session) } });
  for await (const { id } of opened.generate({ prompt, maxTokens, onEvent })) tokens.push(id);
  return { ...said, tokens, told };
}
