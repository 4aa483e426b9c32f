/** X.509 certificates made with node:crypto alone, so that no suite needs openssl: just enough DER for TLS to accept them. */
import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const der = (tag: number, ...parts: Uint8Array[]): Buffer => {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
};
const hex = (text: string) => Buffer.from(text, 'hex');
const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const oid = (bytes: string) => der(0x06, hex(bytes));
const ED25519 = sequence(oid('2b6570'));
const name = (common: string) => sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(common)))));
const date = (at: Date) => der(0x18, Buffer.from(`${at.toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
const extension = (id: string, value: Uint8Array) => sequence(oid(id), der(0x04, value));

interface Issuer {
  readonly common: string;
  readonly key: KeyObject;
}

/** A certificate for `common`, with DNS names, signed by `issuer` (itself, as an authority, when there is none). */
export function certificate({ common, names = [], issuer }: { common: string; names?: string[]; issuer?: Issuer }) {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const day = 86_400_000;
  const extensions = issuer
    ? [extension('551d11', sequence(...[...names, common].map((dns) => der(0x82, Buffer.from(dns)))))]
    : [extension('551d13', sequence(der(0x01, hex('ff'))))];
  const body = sequence(
    der(0xa0, der(0x02, hex('02'))),
    der(0x02, Buffer.concat([hex('01'), randomBytes(8)])),
    ED25519,
    name(issuer?.common ?? common),
    sequence(date(new Date(Date.now() - day)), date(new Date(Date.now() + day))),
    name(common),
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign(null, body, issuer?.key ?? privateKey);
  const bytes = sequence(body, ED25519, der(0x03, hex('00'), signature));
  const base64 = bytes.toString('base64').replace(/.{64}/g, '$&\n');
  return {
    common,
    key: privateKey,
    cert: `-----BEGIN CERTIFICATE-----\n${base64}\n-----END CERTIFICATE-----\n`,
    keyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** Writes an authority and one certificate for each of `names` into a directory, named as `createConfigs` expects. */
export function writeCertificates(directory: string, names: readonly string[]): void {
  mkdirSync(directory, { recursive: true });
  const authority = certificate({ common: 'test authority' });
  writeFileSync(join(directory, 'ca.crt'), authority.cert);
  for (const common of names) {
    const { cert, keyPem } = certificate({ common, issuer: authority });
    writeFileSync(join(directory, `${common}.crt`), cert);
    writeFileSync(join(directory, `${common}.key`), keyPem);
  }
}
