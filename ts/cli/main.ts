/** The `comet` command. Uses the public API and nothing else. Results go to stdout, everything else to stderr. */
import { Command, CommanderError } from 'commander';
import { addAttack } from './attack.js';
import { addBench } from './bench.js';
import { addChat } from './chat.js';
import { addCost } from './cost.js';
import { addDeployment } from './deployment.js';
import { addGenerate } from './generate.js';
import { addLeakage } from './leakage.js';
import { addModel } from './model.js';
import { describe, lostOutput, note, watchOutput } from './output.js';
import { addPlan } from './plan.js';
import { addPredictor } from './predictor.js';
import { abort, signal } from './signal.js';
import { addTrace } from './trace.js';
import { addVerify } from './verify.js';

/** Runs the command. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('comet')
    .description(
      'Private language-model inference: a client, two servers and a dealer, none of which sees what the others hide.',
    )
    .version('0.1.0')
    .configureOutput({ outputError: (message, write) => write(usageError(message)) })
    .exitOverride();
  for (const add of [
    addGenerate,
    addChat,
    addDeployment,
    addModel,
    addPredictor,
    addVerify,
    addAttack,
    addCost,
    addLeakage,
    addPlan,
    addBench,
    addTrace,
  ])
    add(program);
  watchOutput();
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    await program.parseAsync(args, { from: 'user' });
    return lostOutput() ? failed() : 0;
  } catch (error) {
    return failed(error);
  }
}

/** Says why the command failed. @returns the exit code. */
function failed(error?: unknown): number {
  const lost = lostOutput();
  if (lost === 'unread') return 141; // as a shell reports SIGPIPE
  const cause = lost ?? error;
  if (cause instanceof CommanderError) return cause.exitCode;
  if (!lost && signal.aborted) {
    note('E_ABORTED: stopped by a signal');
    return 130;
  }
  note(describe(cause));
  if (process.env.COMET_DEBUG) note(String((cause as Error).stack));
  return 1;
}

/** Commander's sentence, which may have a second line with a suggestion, as one line like that of any failure. */
function usageError(message: string): string {
  const sentence = message
    .trim()
    .replace(/^error: |\.$/g, '')
    .replaceAll('\n', ' ');
  return `E_ARGUMENT: ${sentence}; comet COMMAND --help lists the options\n`;
}
