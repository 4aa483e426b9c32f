/** Private generation: of one prompt, or of several in one session, wherever the parties are. */
import type { Summary } from '../client/account.js';
import { planRequest, templateOf } from '../client/chat.js';
import { Conversation, generateAlone } from '../client/conversation.js';
import type { Deployment } from '../client/deployment.js';
import type { PromptEvent } from '../client/events.js';
import { checkOutline } from '../client/mode-rules.js';
import {
  behindPrefix,
  type ParsedSession,
  parsePrompt,
  parseSession,
  type PlannedPrompt,
  type PromptRequest,
  type SessionRequest,
} from '../client/request.js';
import type { Token } from '../client/text-session.js';
import { type Config, parseConfig } from '../core/config.js';
import { CometError } from '../core/errors.js';
import type { VariantName } from '../plan/variants.js';
import type { OnOutline } from '../provision/outline.js';
import { checkArguments } from './arguments.js';
import { type CallEvent, memoryOf, workOf } from './call.js';
import { embeddedDeployment, remoteDeployment } from './deployment.js';

/** What happens during a generation beside its tokens. */
export type GenerateEvent = CallEvent | PromptEvent;

/** Where a session's parties are, and how it computes. */
export interface ConversationOptions extends SessionRequest {
  /**
   * Whether it will be one of messages: a model without a chat template is refused before its
   * weights are loaded.
   */
  readonly chat?: boolean;
  /**
   * A checkpoint folder: all roles on this machine. The model that comes with comet unless given.
   */
  readonly model?: string;
  /** The client's configuration: servers and dealer elsewhere. */
  readonly config?: Config;
  /**
   * Of the program, where all roles are on this machine; `digits` unless given. Elsewhere the owner
   * chose it ({@link share}).
   */
  readonly variant?: VariantName;
  /**
   * Whether everybody may know the weights, where all roles are on this machine: then they have no
   * masks, and sessions are dense. What the folder's comet.json says, unless given; secret where it
   * says nothing.
   */
  readonly publicWeights?: boolean;
  readonly signal?: AbortSignal;
  readonly onEvent?: (event: GenerateEvent) => void;
  /** Most bytes of memory to use; as many as the machine has, unless given. */
  readonly maxMemory?: number;
}

/** Options of {@link generate}. */
export interface GenerateOptions extends Omit<ConversationOptions, 'chat'>, PromptRequest {}

/**
 * Generates privately, token by token. Ends after `maxTokens` (64), at a stop string, the end of a
 * text, or the end of the context.
 * @returns what it took, as its last event says it
 * @throws CometError E_ARGUMENT, E_PROMPT, E_LENGTH, E_CHECKPOINT, E_UNSUPPORTED, E_PEER_ABSENT,
 * E_PEER_LOST, E_RANGE, E_ABORTED ...
 */
export async function* generate(options: GenerateOptions): AsyncGenerator<Token, Summary> {
  checkArguments('generate', options);
  const session = parseSession(options);
  const parsed = parsePrompt(options);
  let planned!: PlannedPrompt;
  // A prompt that does not fit is refused before weights are loaded.
  const deployment = await deploymentOf(options, session, async ({ tokenizer, shape, prefix }) => {
    planned = await planRequest(parsed, tokenizer, shape.context, { prefix });
  });
  try {
    const { shape, prefix } = deployment.model.plan;
    const prompt = behindPrefix(planned, deployment.tokenizer, shape.context, prefix);
    return yield* generateAlone(deployment, session, prompt, options);
  } finally {
    await deployment.close();
  }
}

/**
 * Opens a session for several prompts, one after the other: `for await (const token of
 * conversation.generate({ prompt }))`. A prompt that begins with the tokens of the text before, as
 * the next turn of a chat does, costs only those that follow. Close it in the end.
 * @throws CometError E_ARGUMENT, E_CHECKPOINT, E_UNSUPPORTED, E_PEER_ABSENT, E_UNAUTHORIZED,
 * E_LIMIT, E_ABORTED ...
 */
export async function converse(options: ConversationOptions = {}): Promise<Conversation> {
  checkArguments('converse', options);
  const session = parseSession(options);
  const deployment = await deploymentOf(options, session, ({ tokenizer }) => {
    if (options.chat) templateOf(tokenizer);
  });
  try {
    return await Conversation.open(deployment, session, { signal: options.signal });
  } catch (error) {
    await deployment.close();
    throw error;
  }
}

/**
 * The parties of a session that goes with their model, as far as that is known before weights are
 * loaded.
 */
async function deploymentOf(
  options: ConversationOptions,
  { rules }: ParsedSession,
  onModel?: OnOutline,
): Promise<Deployment> {
  const { model, config, variant, publicWeights, signal, onEvent, maxMemory } = options;
  if (rules.sharedEpoch && !config)
    throw new CometError(
      'E_ARGUMENT',
      'all roles on this machine serve no other session: a shared epoch needs a configuration ("--config")',
    );
  const onOutline: OnOutline = async (outline) => {
    checkOutline(outline.shape.layers, outline.predictors, rules);
    await onModel?.(outline);
  };
  const memory = { ...memoryOf(options), epochs: rules.epochTokens === undefined ? 0 : 1 };
  return config
    ? remoteDeployment(parseConfig(config), memory, onOutline)
    : embeddedDeployment(model, {
        ...workOf({ signal, onEvent, maxMemory }),
        ...{ onOutline, memory, variant, publicWeights },
      });
}
