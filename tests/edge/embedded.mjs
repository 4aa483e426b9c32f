/** All roles in one thread, from a checkpoint's bytes to tokens: nothing here needs files, sockets or workers. */
import { loadCheckpoint } from '../../dist/checkpoint/checkpoint.js';
import { bytesSource } from '../../dist/checkpoint/source.js';
import { loadTokenizer } from '../../dist/checkpoint/tokenizer.js';
import { generateAlone } from '../../dist/client/conversation.js';
import { parsePrompt, parseSession, planPrompt } from '../../dist/client/request.js';
import { Transcript } from '../../dist/observe/transcript.js';
import { accountByFormula } from '../../dist/client/account.js';
import { LocalParties } from '../../dist/parties/local.js';
import { provision } from '../../dist/provision/owner.js';
import { calibrate } from '../../dist/provision/calibrate.js';
import { prepareModel } from '../../dist/provision/prepare.js';

const HOSTED = ['server0', 'server1', 'dealer'];
const bytes = (length, value) => new Uint8Array(length).fill(value);

/** Everything that parties draw, fixed: the session is the same in every runtime. */
const [s01, s0d, s1d] = [1, 2, 3].map((value) => bytes(32, value));
const PAIRS = {
  server0: { server1: s01, dealer: s0d },
  server1: { server0: s01, dealer: s1d },
  dealer: { server0: s0d, server1: s1d },
};
const WEIGHTS = { seed0: bytes(32, 4), seed1: bytes(32, 5), order: bytes(32, 13) };
const CLIENT = { nonce: bytes(16, 6), maskSeeds: { server0: bytes(32, 7), server1: bytes(32, 8) } };

/** Greedy tokens, digests of what servers and dealer said, and whether the runtime has workers. */
export async function embedded(kernels, files, prompt, maxTokens) {
  const source = bytesSource('tiny', files);
  const prepared = prepareModel(kernels, await loadCheckpoint(kernels, source));
  const tokenizer = await loadTokenizer(source);
  const ids = tokenizer.encode(new TextDecoder().decode(files['calibration.txt']));
  const calibration = await calibrate(kernels, prepared, ids, { tokens: 2048 });
  const owner = provision(kernels, 'tiny', prepared, calibration, { insecureSeeds: WEIGHTS });
  const parties = await LocalParties.start(kernels, owner.manifest, owner.seeds, owner.tensors, PAIRS);

  const transcripts = {};
  const replay = (role, i) => [
    role,
    {
      fixed: { nonce: bytes(16, 9 + i) },
      observe: (session) => (transcripts[role] = new Transcript(session)).session,
    },
  ];
  const hosted = Object.fromEntries(HOSTED.map(replay));
  const { session, served } = await parties.open({}, { session: bytes(16, 12), client: CLIENT, ...hosted });
  const { plan } = owner.manifest;
  const deployment = {
    ...{ model: owner.client, tokenizer, local: true },
    account: () => accountByFormula(plan),
    open: () => Promise.resolve(session),
    close: () => Promise.resolve(),
  };
  const planned = planPrompt(parsePrompt({ prompt, maxTokens }), tokenizer, plan.shape.context);
  const tokens = [];
  for await (const { id } of generateAlone(deployment, parseSession({}), planned)) tokens.push(id);
  await served;
  return {
    tokens,
    transcripts: HOSTED.map((role) => transcripts[role].digest()),
    workers: typeof Worker !== 'undefined',
  };
}
