/** How prompts are cut into steps. */
import { beforeAll, describe, expect, test } from '@jest/globals';
import { longestLayer, PREFILL_ROWS, prefillSteps, sectionBytes } from '../ts/cost/prefill.js';
import type { Plan } from '../ts/plan/formats.js';
import { startBench } from './support/parties.js';

const LIMIT = 2 ** 25;
let plan: Plan;
beforeAll(async () => {
  const { owner } = await startBench();
  const shape = {
    ...owner.manifest.plan.shape,
    width: 384,
    heads: 12,
    kvHeads: 12,
    headDim: 32,
    ffn: 1536,
    context: 2048,
  };
  plan = { ...owner.manifest.plan, shape };
});

describe('a prompt', () => {
  test.each([1, 31, 32, 33, 150, 511, 2047])('of %i tokens is read in order, no section too long', (length) => {
    const steps = prefillSteps(plan, length);
    let next = 0;
    for (const { rows, position } of steps) {
      expect(position).toBe(next);
      expect(rows).toBeLessThanOrEqual(PREFILL_ROWS);
      for (const layer of plan.layers.keys())
        expect(sectionBytes(plan, rows, position, layer)).toBeLessThanOrEqual(LIMIT);
      next += rows;
    }
    expect(next).toBe(length);
    expect(steps.map(({ outputs }) => outputs)).toEqual([...steps.slice(1).map(() => 'none'), 'last']);
    expect(prefillSteps(plan, length, { outputs: 'all' }).every(({ outputs }) => outputs === 'all')).toBe(true);
  });

  test('is read in as large steps as fit', () => {
    for (const { rows, position } of prefillSteps(plan, 2048)) {
      const wanted = Math.min(PREFILL_ROWS, 2048 - position);
      if (rows < wanted) expect(sectionBytes(plan, 2 * rows + 1, position, longestLayer(plan))).toBeGreaterThan(LIMIT);
    }
  });

  test('fits the layer with the widest scores, whichever that is', () => {
    const [first, second] = plan.layers;
    const levels = [{ shift: 0, offset: 0, dtop: 64 }];
    const wide = { ...plan, layers: [first, { ...second, softmax: { width: 26, levels } }] };
    expect(longestLayer(wide)).toBe(1);
    const steps = prefillSteps(wide, 200);
    expect(steps.length).toBeGreaterThan(prefillSteps(plan, 200).length);
    for (const { rows, position } of steps.filter((step) => step.rows > 1))
      expect(sectionBytes(wide, rows, position, 1)).toBeLessThanOrEqual(LIMIT);
  });

  test('has a section that is too long only where one row is', () => {
    const wide = { ...plan, shape: { ...plan.shape, heads: 384, kvHeads: 384, headDim: 1 } };
    expect(prefillSteps(wide, 2048).at(-1)).toEqual({ rows: 1, position: 2047, outputs: 'last' });
  });
});
