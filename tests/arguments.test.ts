/** Wrong values given to the API by untyped callers, and announcements that are long. */
import type { ClientLinks } from '../ts/client/session.js';
import { ClientSession } from '../ts/client/session.js';
import * as api from '../ts/index.js';
import { loadKernels } from '../ts/kernels/load.js';
import { decodeControl, encodeControl } from '../ts/net/control.js';
import { ControlMessage, StepsMessage } from '../ts/plan/announced-step.js';
import type { ClientModel } from '../ts/provision/client-model.js';
import { startBench } from './support/parties.js';

type Call = (...args: unknown[]) => Promise<unknown>;
const untyped = api as unknown as Record<string, Call>;
const generate: Call = (options) => api.generate(options as api.GenerateOptions).next();

test.each<[string, Call, unknown[]]>([
  ...[undefined, null, 5, {}, { prompt: undefined }, { prompt: null }, { prompt: 5 }, { prompt: ['a'] }].map(
    (options): [string, Call, unknown[]] => ['generate', generate, [options]],
  ),
  ...[
    { model: 5 },
    { model: '' },
    { temperature: '1' },
    { seed: -1 },
    { maxTokens: '3' },
    { maxTokens: 0 },
    { stop: 'x' },
    { signal: {} },
    { config: 7 },
    { config: {}, model: 'x' },
  ].map((options): [string, Call, unknown[]] => ['generate', generate, [{ prompt: 'x', ...options }]]),
  ['serve', untyped.serve, ['dealer', undefined]],
  ['serve', untyped.serve, ['client', {}]],
  ['share', untyped.share, ['x']],
  ['share', untyped.share, [undefined, { out: 'x' }]],
  ['share', untyped.share, ['x', { out: 'y', variant: 'quick' }]],
  ['verify', untyped.verify, [undefined, { variant: '' }]],
  ['plan', untyped.plan, [undefined, { roundTripSeconds: 0, bytesPerSecond: 1, context: 9, errorTokens: 1 }]],
  ['calibrateModel', untyped.calibrateModel, []],
  ['measureCost', untyped.measureCost, []],
  ['measureCost', untyped.measureCost, [{ shape: 'tiny', step: 'decode', repeat: 1e9 }]],
  ['measureCost', untyped.measureCost, [{ shape: '__proto__', step: 'decode' }]],
  ['modelStats', untyped.modelStats, [undefined, { bytes: -5 }]],
  ['modelStats', untyped.modelStats, [5]],
  ['trace', untyped.trace, []],
  ['trace', untyped.trace, [{ output: '' }]],
  ['trace', untyped.trace, [{ output: 'x', roundTripSeconds: -1 }]],
  ['trace', untyped.trace, [{ output: 'x', shape: 'tiny', prompt: 'x' }]],
  ['trace', untyped.trace, [{ output: 'x', shape: '__proto__' }]],
  ['verify', untyped.verify, [undefined, { tokens: 0 }]],
  ['verify', untyped.verify, [undefined, { windows: NaN }]],
])('%s %#: E_ARGUMENT', async (_name, call, args) => {
  const error = await call(...args).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(api.CometError);
  expect(error).toMatchObject({ code: 'E_ARGUMENT', message: expect.stringMatching(/.{10,}/) });
});

test('a configuration that is none is E_CONFIG', async () => {
  await expect(untyped.serve('dealer', { role: 'dealer' })).rejects.toMatchObject({ code: 'E_CONFIG' });
  await expect(generate({ prompt: 'x', config: {} })).rejects.toMatchObject({ code: 'E_CONFIG' });
});

test('a control message is refused at its place, without words of the peer', () => {
  const refusal = (value: object): string => {
    try {
      decodeControl({ payload: encodeControl(value) }, ControlMessage);
    } catch (error) {
      return (error as Error).message;
    }
    return '';
  };
  const step = { rows: 0, position: 0, outputs: 'all' };
  expect(refusal({ type: 'steps', steps: [step] })).toMatch(/at steps\.0\.rows\.$/);
  expect(refusal({ type: 'epoch', fresh: 'words' })).toMatch(/at fresh\.$/);
  expect(refusal({ type: 'epoch', fresh: true, words: 1 })).toMatch(/at the top\.$/);
});

test('a long generation is announced in messages that a peer accepts', async () => {
  const payloads: Uint8Array[] = [];
  const link = { send: ({ payload }: { payload: Uint8Array }) => payloads.push(payload) };
  const links = { server0: link, server1: link, dealer: link } as unknown as ClientLinks;
  const { plan } = (await startBench()).owner.manifest;
  const model = {
    kernels: await loadKernels(),
    plan: { ...plan, shape: { ...plan.shape, context: 4096 } },
  } as unknown as ClientModel;
  const steps = Array.from({ length: 4096 }, (_, i) => ({ rows: 1, position: i, outputs: 'last' as const }));
  new ClientSession(model, links).announce(steps);
  const received = payloads.map((payload) => decodeControl({ payload }, StepsMessage).steps);
  expect(received.filter((_, i) => i % 3 === 0).flat()).toEqual(steps.map((step) => ({ ...step, sparse: false })));
});
