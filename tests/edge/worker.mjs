/** An edge worker: the model's files and the compiled kernels are modules of its configuration. */
import calibration from 'calibration.txt';
import config from 'config.json';
import kernels from 'kernels.wasm';
import tokenizer from 'tokenizer.json';
import tokenizerConfig from 'tokenizer_config.json';
import weights from 'model.safetensors';
import { initKernels } from '../../dist/kernels/load.js';
import { embedded } from './embedded.mjs';

const FILES = {
  'calibration.txt': calibration,
  'config.json': config,
  'tokenizer.json': tokenizer,
  'tokenizer_config.json': tokenizerConfig,
  'model.safetensors': weights,
};

export default {
  async fetch(request) {
    const { prompt, maxTokens } = await request.json();
    const files = Object.fromEntries(Object.entries(FILES).map(([name, data]) => [name, new Uint8Array(data)]));
    return Response.json(await embedded(initKernels(kernels), files, prompt, maxTokens));
  },
};
