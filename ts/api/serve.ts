/** A server or the dealer in this process. */
import { type Config, type ListeningRole, parseConfig } from '../core/config.js';
import type { Listener } from '../net/node/listen.js';
import { type ServeOptions, serveRole } from '../parties/node/serve.js';
import { checkArguments } from './arguments.js';

/**
 * Runs a server or the dealer; resolves once it listens.
 * @throws CometError E_CONFIG, E_PROVISIONING, E_PORT_IN_USE, E_INSECURE_LINK ...
 */
export async function serve(role: ListeningRole, config: Config, options: ServeOptions = {}): Promise<Listener> {
  checkArguments('serve', { ...options, role, config });
  return serveRole(role, parseConfig(config), options);
}
