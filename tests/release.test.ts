import { release, releaseFrame } from '../ts/core/release.js';
import { Region } from '../ts/gates/region.js';
import { loadKernels } from '../ts/kernels/load.js';
import type { Session } from '../ts/net/session.js';
import type { Exchange } from '../ts/wires/effects.js';
import type { Words } from '../ts/wires/wire.js';
import { type Bench, openClient, startBench } from './support/parties.js';

const words = (count: number): Words => new BigUint64Array(count).fill(7n);

describe('an array that is released', () => {
  test('has no elements any more, and no other array is touched', () => {
    const [gone, left] = [words(1000), words(1000)];
    release(gone);
    expect(gone).toHaveLength(0);
    expect(left).toEqual(words(1000));
  });

  test('may be released before, be absent or empty', () => {
    const gone = words(10);
    release(gone, gone, undefined, words(0));
    release(gone);
    expect(gone).toHaveLength(0);
  });

  test('stays where its buffer holds more; a frame ends with all of its parts', () => {
    const frame = Uint8Array.from({ length: 100 }, (_, i) => i);
    const [head, payload] = [frame.subarray(0, 44), frame.subarray(44)];
    release(payload);
    releaseFrame(head);
    expect(payload[0]).toBe(44);
    releaseFrame(payload);
    for (const part of [frame, head, payload]) expect(part).toHaveLength(0);
    const pool = new Uint8Array(200);
    releaseFrame(pool.subarray(100));
    expect(pool).toHaveLength(200);
  });

  test('is refused by the kernels, which read nothing in its place', async () => {
    const kernels = await loadKernels();
    const gone = words(16);
    release(gone);
    expect(() => kernels.negWords(gone)).toThrow(expect.objectContaining({ code: 'E_INTERNAL' }));
    expect(() => kernels.addWords(words(16), gone)).toThrow();
    expect(kernels.negWords(words(1))[0]).toBe(2n ** 64n - 7n);
  });

  test('gives its memory back at once', () => {
    const before = process.memoryUsage().arrayBuffers;
    // Without: 2.4 GB; the collector runs when it likes.
    for (let i = 0; i < 300; i++) {
      const each = words(2 ** 20);
      release(each);
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 23);
    }
  });
});

describe('a region', () => {
  test('ends what it holds, but for what goes on and what was kept', () => {
    const region = new Region();
    const [wire, kept, stream, shared] = [words(4), words(5), words(6), words(7)];
    region.hold(wire, kept, stream, shared, undefined, shared);
    region.keep(kept);
    region.end([stream]);
    expect([wire, kept, stream, shared].map(({ length }) => length)).toEqual([0, 5, 6, 0]);
    region.end([]);
    expect([kept, stream].map(({ length }) => length)).toEqual([5, 0]);
  });

  test('ends some before the others', () => {
    const region = new Region();
    const [early, late] = [words(3), words(4)];
    region.hold(early, late);
    region.release(early, undefined);
    expect([early, late].map(({ length }) => length)).toEqual([0, 4]);
    region.end([]);
    expect(late).toHaveLength(0);
  });
});

describe('in a session', () => {
  let bench: Bench;
  beforeAll(async () => {
    bench = await startBench(5);
  });

  test('frames end when they are read', async () => {
    const payloads: { kind: string; payload: Uint8Array }[] = [];
    const observe = (inner: Session): Session => ({
      ...inner,
      link: (peer) => {
        const link = inner.link(peer);
        const expect: typeof link.expect = async (...wanted) => {
          const frame = await link.expect(...wanted);
          if (['opening', 'tape'].includes(frame.kind)) payloads.push(frame);
          return frame;
        };
        return Object.assign(Object.create(link) as typeof link, { expect });
      },
    });
    const { client, served } = await openClient(bench, {}, undefined, { server0: { observe }, server1: { observe } });
    client.announce([
      { rows: 9, position: 0, outputs: 'none' },
      { rows: 1, position: 9, outputs: 'all' },
    ]);
    await client.run(bench.text(9));
    await client.run(bench.text(10).slice(9));
    client.end();
    await served;
    expect(payloads.filter(({ kind }) => kind === 'opening').length).toBeGreaterThan(100);
    expect(payloads.filter(({ kind }) => kind === 'tape').length).toBeGreaterThan(30);
    expect(payloads.filter(({ payload }) => payload.length > 0)).toEqual([]);
  });

  test('wires end with their layer, and what was sent of them with its round', async () => {
    const seen: { layer: number; words: Words[] }[] = [];
    /** Layers that had words when a later layer's first round was opened, and packed shares that outlived their round. */
    const late: string[] = [];
    const onOpened = (_step: object, { layer, openings }: Exchange, opened: readonly Words[]): void => {
      for (const before of seen)
        if (before.layer < layer && before.words.some(({ length }) => length > 0)) late.push(`layer ${before.layer}`);
      for (const { at, masked } of openings) if (masked.length > 0) late.push(`share of operation ${at.op}`);
      // The last round's goes on as the input of what follows.
      const goesOn = openings.some(({ cols }) => cols === bench.owner.manifest.plan.shape.width);
      if (!goesOn) seen.push({ layer, words: [...opened, ...openings.map(({ half }) => half)] });
    };
    const { client, served } = await openClient(bench, { server0: { onOpened }, server1: { onOpened } });
    client.announce([
      { rows: 9, position: 0, outputs: 'none' },
      { rows: 1, position: 9, outputs: 'all' },
    ]);
    await client.run(bench.text(9));
    expect(seen.length).toBeGreaterThan(20);
    expect(seen.flatMap(({ words }) => words).every(({ length }) => length === 0)).toBe(true);
    await client.run(bench.text(10).slice(9));
    client.end();
    await served;
    expect(seen.flatMap(({ words }) => words).every(({ length }) => length === 0)).toBe(true);
    expect(late).toEqual([]);
  });
});
