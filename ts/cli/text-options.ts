/** What `comet generate` and `comet chat` have in common: where parties are, how sessions compute, how tokens are chosen. */
import { type Command, Option } from 'commander';
import {
  CometError,
  type ConversationOptions,
  type GenerateEvent,
  type PromptOptions,
  readConfig,
  type Summary,
  type VariantName,
} from '../index.js';
import { budget, integer, prefetch, real } from './numbers.js';
import { note, reading, reporter } from './output.js';
import { some } from './text.js';
import { variantOption } from './variant.js';
import { publicWeightsOf, type WeightsOptions, withWeights } from './weights.js';

export interface TextOptions extends WeightsOptions {
  readonly model?: string;
  readonly config?: string;
  readonly maxTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly repetitionPenalty?: number;
  readonly seed: number;
  readonly stop?: string[];
  readonly specialTokens?: boolean;
  /** MB. */
  readonly maxMemory?: number;
  readonly dense?: boolean;
  readonly sharedEpoch?: boolean;
  readonly epochTokens?: number;
  readonly modes?: string;
  readonly budget?: 'constant';
  readonly variant?: VariantName;
  readonly prefetch?: 'none' | 'auto' | number;
  /** MB. */
  readonly cacheMemory?: number;
}

export const withTextOptions = (command: Command): Command =>
  withWeights(command, "what the model's comet.json says otherwise")
    .option('--model <dir>', 'a checkpoint folder, or OWNER/NAME in the cache; all roles on this machine', some)
    .addOption(
      new Option('--config <file>', "the client's configuration file: servers and dealer elsewhere")
        .argParser(some)
        .conflicts('model'),
    )
    .option('--max-tokens <n>', 'most tokens to generate', integer(1), 64)
    .option('--temperature <t>', '0 takes the most likely token', real(0, 100), 0)
    .option('--top-k <n>', 'draw among so many of the most likely tokens', integer(1))
    .option('--top-p <p>', 'draw among the fewest tokens that together have this probability', real(0, 1))
    .option(
      '--repetition-penalty <f>',
      'divides the logits of tokens in the text so far; 1 changes nothing',
      real(0, 100),
    )
    .option('--stop <text>', 'end the text before this; may be given several times', (text, all: string[] = []) => [
      ...all,
      text,
    ])
    .option('--special-tokens', 'take special tokens that a message spells for these tokens')
    .option('--no-special-tokens', 'take special tokens that a prompt spells for ordinary text')
    .option(
      '--seed <n>',
      'seeds sampling, and nothing else: masks round logits otherwise each time, so a draw that is close may differ',
      integer(0),
      0,
    )
    .option('--max-memory <mb>', 'most memory to use, in MB; as much as the machine has otherwise', integer(1))
    .option('--dense', 'compute everything, also what the predictors of the model would leave out')
    .option('--shared-epoch', 'with --config: run in the order of neurons and heads that other sessions have, too')
    .option('--epoch-tokens <n>', 'put neurons in another order after so many tokens', integer(1))
    .option(
      '--budget <kind>',
      '"constant": pad sets at random before they are opened, and compute all heads (docs/leakage.md says what still shows)',
      budget,
    )
    .option('--modes <letters>', 'a letter for each layer, d(ense), p(redicted) or e(xact): what comet plan prints')
    .addOption(variantOption().conflicts('config'))
    .option(
      '--prefetch <what>',
      'compute what caches lack while the layer before is computed: "none", "auto" (0, or none where all roles are here), or that and so many vectors more a layer',
      prefetch,
    )
    .option(
      '--cache-memory <mb>',
      "most memory of a server's caches, in MB; inputs of old positions are dropped",
      real(0.001, 1e9),
    );

/** The same as the API takes it: of the session, and of each prompt. */
export async function settled({ model, config, maxMemory, cacheMemory, ...options }: TextOptions): Promise<{
  readonly session: Omit<ConversationOptions, 'signal' | 'onEvent'>;
  readonly prompts: Omit<PromptOptions, 'prompt' | 'messages' | 'signal' | 'onEvent'>;
}> {
  const { dense, sharedEpoch, epochTokens, modes, budget: padding, variant, prefetch, ...others } = options;
  const { public: open, secret, ...prompts } = others;
  if (prompts.temperature === 0 && (prompts.topK ?? prompts.topP) !== undefined)
    throw new CometError(
      'E_ARGUMENT',
      'at temperature 0 nothing is drawn: leave out --top-k and --top-p, or give a --temperature above 0',
    );
  const target = config ? { config: await readConfig(config) } : { model };
  const limits = {
    ...(maxMemory !== undefined && { maxMemory: maxMemory * 1e6 }),
    ...(cacheMemory !== undefined && { cacheMemory: cacheMemory * 1e6 }),
  };
  const mode = { dense, sharedEpoch, epochTokens, modes, budget: padding, variant, prefetch };
  const weights = publicWeightsOf({ public: open, secret });
  return { session: { ...target, ...limits, ...mode, ...weights }, prompts };
}

/** Says what happens, and keeps the last summary. */
export function listener(): { readonly onEvent: (event: GenerateEvent) => void; summary?: Summary } {
  const progress = reporter();
  const heard: ReturnType<typeof listener> = {
    onEvent(event) {
      if (event.type === 'progress' || event.type === 'memory') progress(event);
      else if (event.type === 'warning') note(`warning: ${event.message}`);
      else if (event.type === 'leakage' || event.type === 'notice') note(event.message);
      else if (event.type === 'reading') reading(event.done, event.total);
      else heard.summary = event;
    },
  };
  return heard;
}

/** A summary as JSON output has it. */
export function fieldsOf({ type: _type, ...summary }: Summary): Omit<Summary, 'type'> {
  return summary;
}
