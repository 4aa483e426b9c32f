/** The page under test: what a user's page would do, with `say` to report what a test compares. */
import { DEFAULT_LIMITS, dialer, RemoteClient, siteSource } from '../../dist/browser.js';
import { say } from '../support/say.mjs';

/** @returns what `say` returns, or the code of the error. */
globalThis.sayOver = async (peers, limits, prompt, tokens) => {
  try {
    const channel = dialer({ role: 'client', peers, limits: { ...DEFAULT_LIMITS, ...limits } });
    const client = await RemoteClient.load(siteSource(new URL('share/', globalThis.location.href)), channel);
    return await say(client, prompt, tokens);
  } catch (error) {
    return { code: error.code, message: error.message };
  }
};
