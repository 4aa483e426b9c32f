/**
 * Comet: private language-model inference. A client, two servers and a dealer; none sees what the
 * others hide (docs/leakage.md).
 *
 * @example
 * for await (const token of generate({ prompt: 'Once upon a time' }))
 * process.stdout.write(token.text);
 */
// Functions load what only they need when they are called: a party that serves would have it in
// memory for nothing.
export { attack, type AttackOptions } from './api/attack.js';
export type { CallEvent, CallOptions, NoticeEvent, ProgressEvent } from './api/call.js';
export {
  converse,
  generate,
  type ConversationOptions,
  type GenerateEvent,
  type GenerateOptions,
} from './api/generate.js';
export { bench, measureCost, trace, type BenchOptions, type CostOptions, type TraceOptions } from './api/measure.js';
export {
  importModel,
  listModels,
  pullModel,
  removeModel,
  type CachedModel,
  type ImportModelOptions,
  type ImportReport,
  type PullModelOptions,
  type PullReport,
} from './api/models.js';
export {
  calibrateModel,
  evaluatePredictors,
  share,
  trainPredictors,
  tunePredictors,
  type LossBudget,
  type Shared,
  type ShareOptions,
  type TrainPredictorsOptions,
} from './api/owner.js';
export { plan, type PlanCall } from './api/plan.js';
export { serve } from './api/serve.js';
export { leakage, modelStats, verify, type VerifyCall } from './api/verify.js';
export type { BenchReport } from './bench/bench.js';
export type { BenchName } from './bench/options.js';
export type { Message } from './checkpoint/chat/template.js';
export type { Summary, Usage } from './client/account.js';
export type { Conversation, PromptOptions } from './client/conversation.js';
export type { PromptEvent } from './client/events.js';
export type { FinishReason, Token } from './client/text-session.js';
export { createConfigs, type Config, type Deployment as DeploymentOptions, type Role } from './core/config.js';
export { CometError, type ErrorCode } from './core/errors.js';
export { readConfig, writeConfigs } from './net/node/config-files.js';
export type { Listener } from './net/node/listen.js';
export type { Authorize } from './net/rendezvous.js';
export type { ServeEvent, ServeOptions } from './parties/node/serve.js';
export type { Stats } from './plain/stats.js';
export { SHAPE_NAMES } from './plan/shapes.js';
export { VARIANT_NAMES, type VariantName } from './plan/variants.js';
export type { Evaluation } from './predict/evaluate.js';
export { predictorScales, type PredictorScales } from './predict/scales.js';
export type { LayerSparsity } from './predict/sparse-run.js';
export { describeMemory, type MemoryEvent } from './provision/memory.js';
export type { TraceReport } from './trace/run.js';
export type { SectionSlack, Shares, Slack, TraceSummary } from './trace/summary.js';
export { MITIGATIONS, type MitigationName } from './verify/attack/mitigation-names.js';
export type { AttackName, AttackReport, AttackResult, MitigationReport } from './verify/attack/report.js';
export type { VariantCost, VariantReport } from './verify/candidates.js';
export type { CostReport } from './verify/cost-report.js';
export type { LeakageOptions, LeakageReport } from './verify/leakage.js';
export type { WireKind, WirePeak, WireReport } from './verify/peaks.js';
export type { ModesReport } from './verify/plan.js';
export type { Widening, WideningReport } from './cost/widened.js';
export type { PlanError } from './verify/variant-error.js';
export type { VerifyReport } from './verify/verify.js';
