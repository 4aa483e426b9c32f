import { expect, test } from '@jest/globals';
import { hexToBytes } from '@noble/hashes/utils.js';
import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { codeOf } from '../../ts/core/errors.js';
import {
  decodeFrame,
  encodeFrame,
  HEADER_BYTES,
  KINDS,
  PROTOCOL_VERSION,
  type Frame,
  type Kind,
} from '../../ts/net/frame.js';
import { decodeHello } from '../../ts/net/hello.js';
import { SHARE_FORMAT } from '../../ts/provision/manifest.js';

const limits = { frameBytes: 1000 };
const golden = JSON.parse(readFileSync(new URL('../vectors/frames.json', import.meta.url), 'utf8'));
const sample: Frame = {
  kind: 'opening',
  provisioning: new Uint8Array(8).fill(0xa1),
  session: new Uint8Array(16).fill(0xb2),
  step: 0x01020304,
  layer: 0x0506,
  round: 0x0708,
  payload: Uint8Array.of(9, 10, 11),
};
const codeWhenDecoding = (bytes: Uint8Array) => {
  try {
    decodeFrame(bytes, limits);
  } catch (error) {
    return codeOf(error) ?? error;
  }
  return 'decoded';
};
const patched = (at: number, value: number) => {
  const bytes = encodeFrame(sample);
  bytes[at] = value;
  return bytes;
};

test('every frame survives the round trip', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  const frames = fc.record({
    kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
    provisioning: bytes(8),
    session: bytes(16),
    step: fc.nat(2 ** 32 - 1),
    layer: fc.nat(65535),
    round: fc.nat(65535),
    payload: fc.uint8Array({ maxLength: 1000 }),
  });
  fc.assert(
    fc.property(frames, (frame) => {
      const decoded = decodeFrame(encodeFrame(frame), limits);
      expect({ ...decoded, payload: [...decoded.payload] }).toEqual({ ...frame, payload: [...frame.payload] });
    }),
  );
});

test('arbitrary bytes, and frames with arbitrary damage, decode or fail with a code', () => {
  const allowed = ['decoded', 'E_FRAME', 'E_VERSION'];
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => allowed.includes(codeWhenDecoding(bytes) as string)),
  );
  fc.assert(
    fc.property(fc.nat(HEADER_BYTES + 2), fc.nat(255), (at, value) =>
      allowed.includes(codeWhenDecoding(patched(at, value)) as string),
    ),
    { numRuns: 1000 },
  );
});

test('the documents name the version of the code', () => {
  const read = (name: string): string => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
  expect(read('protocol.md')).toContain(`| 4 | version u16 | ${PROTOCOL_VERSION} |`);
  expect(read('hacking.md')).toContain(`\`PROTOCOL_VERSION\` (\`ts/net/frame.ts\`, now ${PROTOCOL_VERSION})`);
  expect(read('hacking.md')).toContain(`(\`ts/provision/manifest.ts\`, now ${SHARE_FORMAT})`);
});

test('golden frames decode to what they always meant, or name another version', () => {
  const versions = golden.frames.map(({ version }: { version: number }) => version);
  for (let version = 1; version <= PROTOCOL_VERSION; version++) expect(versions).toContain(version);
  for (const { hex, ...expected } of golden.frames) {
    const bytes = hexToBytes(hex);
    if (expected.version !== PROTOCOL_VERSION) {
      expect(codeWhenDecoding(bytes)).toBe('E_VERSION');
      continue;
    }
    const { kind, provisioning, session, step, layer, round, payload } = decodeFrame(bytes, limits);
    const hexOf = (b: Uint8Array) => Buffer.from(b).toString('hex');
    const found = {
      kind,
      provisioning: hexOf(provisioning),
      session: hexOf(session),
      step,
      layer,
      round,
      payload: hexOf(payload),
    };
    expect({ version: PROTOCOL_VERSION, ...found }).toEqual(expected);
    expect(hexOf(encodeFrame({ kind, provisioning, session, step, layer, round, payload }))).toBe(hex);
  }
  // The current version must be among the golden ones, with every kind of frame.
  const kinds = golden.frames
    .filter((f: { version: number }) => f.version === PROTOCOL_VERSION)
    .map((f: { kind: string }) => f.kind);
  expect(new Set(kinds)).toEqual(new Set(Object.keys(KINDS)));
});

test('the golden hello says what it always said', () => {
  const { payload } = golden.frames.find(
    (f: { version: number; kind: string }) => f.version === PROTOCOL_VERSION && f.kind === 'hello',
  );
  const range = (from: number, to: number) => Uint8Array.from({ length: to - from }, (_, i) => from + i);
  const expected = {
    role: 'client',
    software: 'comet-mpc 0.1.0',
    nonce: range(0x30, 0x40),
    maskSeeds: [range(0x40, 0x60)],
  };
  expect(decodeHello(hexToBytes(payload), 'server0')).toEqual(expected);
});

test('a frame cut anywhere is refused', () => {
  const bytes = encodeFrame(sample);
  for (let end = 0; end < bytes.length; end++) expect(codeWhenDecoding(bytes.subarray(0, end))).toBe('E_FRAME');
  expect(codeWhenDecoding(Uint8Array.of(...bytes, 0))).toBe('E_FRAME');
});

test('wrong magic, kind, flags and length are refused', () => {
  expect(codeWhenDecoding(patched(0, 0))).toBe('E_FRAME');
  expect(codeWhenDecoding(patched(6, 0))).toBe('E_FRAME');
  expect(codeWhenDecoding(patched(6, 13))).toBe('E_FRAME');
  expect(codeWhenDecoding(patched(7, 1))).toBe('E_FRAME');
  expect(codeWhenDecoding(patched(43, 0x7f))).toBe('E_FRAME');
  expect(codeWhenDecoding(encodeFrame({ ...sample, payload: new Uint8Array(1001) }))).toBe('E_FRAME');
});

test('another version is named together with ours, whatever follows', () => {
  const other = patched(4, PROTOCOL_VERSION + 1);
  expect(() => decodeFrame(other, limits)).toThrow(
    new RegExp(`version ${PROTOCOL_VERSION + 1} .*version ${PROTOCOL_VERSION}`),
  );
  expect(codeWhenDecoding(other.subarray(0, 6))).toBe('E_VERSION');
});

test('fields that do not fit the header are not encoded', () => {
  const code = (change: Partial<Frame>) => {
    try {
      return encodeFrame({ ...sample, ...change });
    } catch (error) {
      return codeOf(error);
    }
  };
  for (const change of [
    { step: 2 ** 32 },
    { step: -1 },
    { layer: 65536 },
    { round: 0.5 },
    { session: new Uint8Array(15) },
  ]) {
    expect(code(change)).toBe('E_ARGUMENT');
  }
});
