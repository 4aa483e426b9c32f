/** `comet verify`: private inference against its fixed-point twin and against floats. */
import type { Command } from 'commander';
import { CometError, type VariantName, verify, type VerifyReport } from '../index.js';
import { fraction, integer, real } from './numbers.js';
import { note, print, printJson, reporter, table } from './output.js';
import { signal } from './signal.js';
import { some } from './text.js';
import { variantOption } from './variant.js';
import { publicWeightsOf, type WeightsOptions, withWeights } from './weights.js';

interface Options {
  readonly tokens?: number;
  readonly text?: string;
  readonly windows?: number;
  readonly window?: number;
  readonly tolerance: number;
  readonly dense?: boolean;
  readonly variant?: VariantName;
  readonly maxLoss: number;
  readonly json?: boolean;
}

export function addVerify(program: Command): void {
  withWeights(program.command('verify'), "what the model's comet.json says otherwise")
    .description(
      'compare private inference with the fixed-point twin (bit for bit) and with a float forward pass; fails where they differ',
    )
    .argument(
      '[model]',
      'a checkpoint folder, or OWNER/NAME in the cache; the model that comes with comet otherwise',
      some,
    )
    .option(
      '--tokens <n>',
      'tokens generated for each of four prompts (32, or fewer where the context is short)',
      integer(1),
    )
    .option('--text <file>', "held-out text; the model's heldout.txt otherwise, or comet's own", some)
    .option('--windows <n>', 'windows of held-out text (8, or as many as it has)', integer(1))
    .option('--window <n>', 'tokens of a window (128, or as many as the context and the text hold)', integer(2))
    .option('--tolerance <percent>', 'largest change of perplexity against floats that passes', real(0, 100), 0.5)
    .option('--dense', 'without the predictors of the model')
    .addOption(variantOption())
    .option(
      '--max-loss <fraction>',
      'largest increase of cross-entropy against floats that leave out nothing that passes',
      fraction,
      0.01,
    )
    .option('--json', 'print one JSON object as the last line')
    .action(
      async (
        model: string | undefined,
        { json, tolerance, maxLoss, public: open, secret, ...options }: Options & WeightsOptions,
      ) => {
        const report = await verify(model, {
          ...options,
          ...publicWeightsOf({ public: open, secret }),
          signal,
          onEvent: reporter(),
        });
        note(describeWires(report));
        await (json ? printJson(report) : print(describe(report)));
        requireEqual(report, tolerance, maxLoss);
      },
    );
}

/** @throws CometError E_MISMATCH that says what differs. */
function requireEqual(r: VerifyReport, tolerance: number, maxLoss: number): void {
  const percent = 100 * Math.abs(r.perplexityPrivate / r.perplexityFloat - 1);
  const differences = [
    ...(r.tokensEqual ? [] : ["generated tokens are not the twin's"]),
    ...(r.wiresEqual ? [] : ["opened wires are not the twin's"]),
    ...(percent <= tolerance
      ? []
      : [`the perplexity differs by ${percent.toPrecision(2)} %, more than ${tolerance} %`]),
  ];
  if (!(r.crossEntropyChange <= maxLoss)) {
    const [loss, most] = [r.crossEntropyChange, maxLoss].map((part) => `${(100 * part).toPrecision(2)} %`);
    differences.push(`the cross-entropy is ${loss} above the whole model's, more than ${most}`);
  }
  if (differences.length > 0) throw new CometError('E_MISMATCH', differences.join('; '));
}

/** What is left of the range of every wire, in bits, where it is least. */
function describeWires({ wires }: VerifyReport): string {
  const bits = (value: number): string => value.toFixed(1);
  const rows = Object.entries(wires).map(([name, { kind, width, peakBits, headroomBits, floorBits, layer }]) => [
    name,
    kind,
    String(layer),
    String(width),
    bits(peakBits),
    headroomBits === null ? 'modulo its width' : bits(headroomBits),
    floorBits === undefined ? '' : bits(floorBits),
  ]);
  return table([['wire', 'holds', 'layer', 'width', 'peak', 'bits left', 'below'], ...rows]);
}

function describe(r: VerifyReport): string {
  return table([
    ['mode', r.mode],
    ["tokens equal to the twin's", r.tokensEqual ? 'yes' : 'NO'],
    ["opened wires equal to the twin's", `${r.wiresEqual ? 'yes' : 'NO'} (${r.wiresCompared} wires)`],
    ['greedy tokens as in floats', `${(100 * r.floatAgreement).toFixed(1)} %`],
    ['largest logit error against floats', r.maxAbsLogitError.toFixed(4)],
    ['perplexity, floats', r.perplexityFloat.toFixed(3)],
    ['perplexity, private', r.perplexityPrivate.toFixed(3)],
    ['perplexity, floats that leave out nothing', r.perplexityWhole.toFixed(3)],
    ['cross-entropy against them', `${(100 * r.crossEntropyChange).toFixed(2)} %`],
  ]);
}
