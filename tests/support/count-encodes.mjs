/**
 * `count-encodes.mjs MODEL PROMPT`: generates with all roles here and prints how often the prompt
 * was turned into tokens, and the events.
 */
import { Tokenizer } from '../../dist/checkpoint/tokenizer.js';
import { generate } from '../../dist/index.js';

const [model, prompt] = process.argv.slice(2);
const { encode } = Tokenizer.prototype;
let encoded = 0;
Tokenizer.prototype.encode = function (text) {
  if (text === prompt) encoded += 1;
  return encode.call(this, text);
};

const told = [];
const tokens = [];
const onEvent = ({ type }) => told.push(type);
for await (const { id } of generate({ model, prompt, maxTokens: 2, onEvent })) tokens.push(id);
console.log(JSON.stringify({ encoded, told, tokens }));
