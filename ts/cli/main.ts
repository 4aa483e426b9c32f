/** The `comet` command. Uses the public API and nothing else. Results go to stdout, everything else to stderr. */
import { Command, CommanderError } from 'commander';
import { addBench } from './bench.js';
import { addCost } from './cost.js';
import { addGenerate } from './generate.js';
import { addModel } from './model.js';
import { describe, note } from './output.js';
import { addPredictor } from './predictor.js';
import { addDeployment } from './deployment.js';
import { abort, signal } from './signal.js';
import { addVerify } from './verify.js';

/** Runs the command. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const program = new Command('comet')
    .description(
      'Private language-model inference: a client, two servers and a dealer, none of which sees what the others hide.',
    )
    .version('0.1.0')
    .showHelpAfterError('(comet COMMAND --help lists the options)')
    .exitOverride();
  for (const add of [addGenerate, addDeployment, addModel, addPredictor, addVerify, addCost, addBench]) add(program);
  // A reader that went away (`comet generate | head -c 20`) wants no more; whoever reads messages may go without harm.
  let unread = false;
  process.stdout.on('error', () => ((unread = true), abort()));
  process.stderr.on('error', () => {});
  process.once('SIGINT', abort).once('SIGTERM', abort);
  try {
    await program.parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode;
    if (unread) return 141; // as a shell reports SIGPIPE
    if (signal.aborted) {
      note('stopped');
      return 130;
    }
    note(describe(error));
    if (process.env.COMET_DEBUG) note(String((error as Error).stack));
    return 1;
  }
}
