// Runs folders that random_models.py wrote: in floats and privately, against the logits of transformers that lie in them. All in one process.
//   node scripts/check/compare.mjs [--json FILE] [--floats] FOLDER...      without folders: those that stdin names, one a line
// With --floats nothing runs privately.
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { embeddedDeployment } from '../../dist/api/deployment.js';
import { loadCheckpoint } from '../../dist/checkpoint/checkpoint.js';
import { folderSource } from '../../dist/checkpoint/node/folder.js';
import { loadTokenizer } from '../../dist/checkpoint/tokenizer.js';
import { parsePrompt, planPrompt } from '../../dist/client/request.js';
import { greedy, Sampler } from '../../dist/client/sampling.js';
import { ClientSession } from '../../dist/client/session.js';
import { TextSession } from '../../dist/client/text-session.js';
import { loadKernels } from '../../dist/kernels/load.js';
import { FloatModel } from '../../dist/plain/float.js';

/** Largest difference of a logit in floats, of the largest magnitude. */
const FLOAT_ERROR = 1e-4;
/** Two logits that are nearer to each other than this are a near tie: either token is right. */
const NEAR_TIE = 0.02;

const kernels = await loadKernels();

function referenceOf(folder) {
  const expected = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8'));
  const bytes = readFileSync(join(folder, 'logits.f32'));
  const logits = new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  const rowOf = (position) => logits.subarray(position * expected.vocab, (position + 1) * expected.vocab);
  return { ...expected, logits, rowOf };
}

const largest = (values) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const difference = (a, b) => a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0);

/** Largest difference of a logit from transformers', of the largest magnitude. */
async function floatError(folder, { ids, logits }) {
  const model = new FloatModel(kernels, await loadCheckpoint(kernels, folderSource(folder)));
  const mine = model.logits(model.forward(ids));
  model.free();
  // Written so that NaN is an error.
  return mine.length === logits.length ? difference(mine, logits) / largest(logits) : NaN;
}

/** Generates privately as far as transformers' greedy tokens are followed; a near tie ends it, too. */
async function privateRun(folder, { text, ids, promptTokens, rowOf, logits }) {
  const deployment = await embeddedDeployment(folder);
  try {
    const { model, tokenizer } = deployment;
    const client = ClientSession.over(model, await deployment.open(), { dense: true });
    let error = 0;
    let at = promptTokens - 1;
    const onLogits = (row) => (error = Math.max(error, difference(row, rowOf(at)) / largest(logits)));
    const parsed = parsePrompt({ prompt: text, maxTokens: ids.length - promptTokens });
    const prompt = planPrompt(parsed, tokenizer, model.plan.shape.context);
    const session = new TextSession(client, tokenizer, model.plan);
    const settings = { only: true, onLogits };
    for await (const { id } of session.generate(prompt, new Sampler(kernels, prompt.sampling), settings)) {
      const row = rowOf(at);
      const gap = row[greedy(row)] - row[id];
      if (id !== ids[++at]) return { tokens: at - promptTokens, error, gap };
    }
    return { tokens: at + 1 - promptTokens, error };
  } finally {
    await deployment.close();
  }
}

/** What a model did: `right`, `near tie`, or what is wrong with it. */
async function compare(folder, floats) {
  const reference = referenceOf(folder);
  const found = { name: basename(folder), model: reference.model };
  try {
    const ids = (await loadTokenizer(folderSource(folder))).encode(reference.text);
    if (`${ids}` !== `${reference.ids.slice(0, reference.promptTokens)}`) return { ...found, result: 'other tokens' };
    const float = await floatError(folder, reference);
    if (!(float <= FLOAT_ERROR)) return { ...found, result: 'other float logits', float };
    if (floats) return { ...found, result: 'right', float };
    const run = await privateRun(folder, reference);
    const result = run.gap === undefined ? 'right' : run.gap < NEAR_TIE ? 'near tie' : 'other private tokens';
    return { ...found, result, float, ...run };
  } catch (error) {
    return { ...found, result: error.code ?? 'failed', message: error.message };
  }
}

function line({ name, model, result, float, error, tokens, gap, message }) {
  const size = (value) => (value === undefined ? '-' : value.toExponential(1));
  const said = Object.entries(model).map(([key, value]) => `${key} ${value}`);
  const figures = [
    `float ${size(float)}`,
    `private ${size(error)}`,
    `tokens ${tokens ?? '-'}`,
    ...(gap === undefined ? [] : [`gap ${gap.toFixed(4)}`]),
  ];
  return [name, result, ...(message === undefined ? figures : [message]), said.join(', ')].join(' | ');
}

const { values, positionals } = parseArgs({
  options: { json: { type: 'string' }, floats: { type: 'boolean', default: false } },
  allowPositionals: true,
});
const begin = performance.now();
const models = [];
for await (const folder of positionals.length > 0 ? positionals : createInterface({ input: process.stdin })) {
  models.push(await compare(folder, values.floats));
  console.log(line(models.at(-1)));
}
const counts = {};
for (const { result } of models) counts[result] = (counts[result] ?? 0) + 1;
const summary = { models: models.length, counts, seconds: (performance.now() - begin) / 1000 };
if (values.json) writeFileSync(values.json, `${JSON.stringify({ ...summary, runs: models }, undefined, 1)}\n`);
console.log(JSON.stringify(summary));
process.exitCode =
  models.length > 0 && models.every(({ result }) => result === 'right' || result === 'near tie') ? 0 : 1;
