/** The page under test: what a user's page would do, with `say` to report what a test compares. */
import { DEFAULT_LIMITS, dialer, RemoteClient, siteSource } from '../../dist/browser.js';
import { say } from '../support/say.mjs';

const load = (peers, limits) => {
  const channel = dialer({ role: 'client', peers, limits: { ...DEFAULT_LIMITS, ...limits } });
  return RemoteClient.load(siteSource(new URL('share/', globalThis.location.href)), channel);
};

/** @returns what `say` returns, or the code of the error. */
globalThis.sayOver = async (peers, limits, prompt, tokens) => {
  try {
    return await say(await load(peers, limits), prompt, tokens);
  } catch (error) {
    return { code: error.code, message: error.message };
  }
};

/** @returns the last event of an answer to messages, and why the last token says that it ended. */
globalThis.askOver = async (peers, messages, maxTokens) => {
  const client = await load(peers, {});
  let [event, ended] = [];
  const onEvent = (told) => (event = told);
  for await (const { finishReason } of client.generate({ messages, maxTokens, onEvent })) ended = finishReason;
  return { ...event, ended };
};
