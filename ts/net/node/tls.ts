import { X509Certificate, createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { Config } from '../../core/config.js';
import { CometError } from '../../core/errors.js';

export type Identity = Pick<TlsOptions, 'ca' | 'cert' | 'key' | 'minVersion'>;

/** Reads a party's certificate, key and authority, when its configuration has them. @throws CometError E_IO, E_CONFIG. */
export function readIdentity({ tls }: Pick<Config, 'tls'>): Identity | undefined {
  if (!tls) return undefined;
  const identity = { ca: pem(tls.ca), cert: pem(tls.cert), key: pem(tls.key) };
  check(tls.ca, 'a certificate', () => new X509Certificate(identity.ca));
  const certificate = check(tls.cert, 'a certificate', () => new X509Certificate(identity.cert));
  const key = check(tls.key, 'a private key without a passphrase', () => createPrivateKey(identity.key));
  check(tls.key, `the key of ${tls.cert}`, () => requireEqual(certificate.publicKey, createPublicKey(key)));
  return { ...identity, minVersion: 'TLSv1.3' };
}

function requireEqual(one: KeyObject, other: KeyObject): void {
  const spki = (key: KeyObject): Buffer => key.export({ type: 'spki', format: 'der' });
  if (!spki(one).equals(spki(other))) throw new Error('the keys differ');
}

function check<T>(path: string, what: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw new CometError('E_CONFIG', `${path}, named under "tls" in the configuration, is not ${what} in PEM.`, {
      cause,
    });
  }
}

/** The names that a certificate was issued for: its common name and the DNS names among its alternative names. */
export function certificateNames(socket: TLSSocket): { commonName?: string; names: string[] } {
  return namesOf(socket.getPeerCertificate());
}

export function namesOf(certificate: { subject?: { CN?: unknown }; subjectaltname?: string }) {
  const commonName = typeof certificate.subject?.CN === 'string' ? certificate.subject.CN : undefined;
  const alternative = (certificate.subjectaltname ?? '').split(', ').filter((name) => name.startsWith('DNS:'));
  return { commonName, names: [...(commonName ? [commonName] : []), ...alternative.map((name) => name.slice(4))] };
}

function pem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new CometError(
      'E_IO',
      `${path}, named under "tls" in the configuration, cannot be read: make it, or correct the path.`,
      {
        cause,
      },
    );
  }
}
