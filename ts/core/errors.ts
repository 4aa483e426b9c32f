/** Every failure that a user can meet carries one of these codes; the codes are stable, the sentences are not. */
export type ErrorCode =
  | 'E_ARGUMENT'
  | 'E_CHECKPOINT'
  | 'E_UNSUPPORTED'
  | 'E_RANGE'
  | 'E_MISMATCH'
  | 'E_LENGTH'
  | 'E_PROMPT'
  | 'E_CONFIG'
  | 'E_PORT_IN_USE'
  | 'E_PEER_ABSENT'
  | 'E_PEER_LOST'
  | 'E_TIMEOUT'
  | 'E_VERSION'
  | 'E_FRAME'
  | 'E_PROVISIONING'
  | 'E_INSECURE_LINK'
  | 'E_UNAUTHORIZED'
  | 'E_LIMIT'
  | 'E_TAPE_REUSE'
  | 'E_ABORTED'
  | 'E_IO'
  | 'E_INTERNAL';

/** An error with a stable {@link ErrorCode} and a sentence that says what to do. Never carries a secret. */
export class CometError extends Error {
  override readonly name = 'CometError';
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** The code of an error that may have crossed a worker or a realm, or undefined. */
export function codeOf(error: unknown): ErrorCode | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && code.startsWith('E_') ? (code as ErrorCode) : undefined;
}
