/** `comet init`, `comet share`, `comet serve`: from nothing to four processes. */
import type { Command } from 'commander';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import {
  CometError,
  type Config,
  createConfigs,
  readConfig,
  serve,
  type ServeEvent,
  share,
  type VariantName,
  writeConfigs,
} from '../index.js';
import { integer, real } from './numbers.js';
import { bytes, note, printJson, reporter } from './output.js';
import { signal } from './signal.js';
import { PREFIX, some } from './text.js';
import { variantOption } from './variant.js';
import { describeWidened } from './widened.js';

/** What replaces limits of a configuration; times in seconds. */
interface LimitOptions {
  readonly maxSessions?: number;
  readonly maxEpochs?: number;
  readonly stallTimeout?: number;
  readonly idleTimeout?: number;
  /** MB. */
  readonly cacheMemory?: number;
}

interface ServeCommand extends LimitOptions {
  readonly config: string;
  readonly threads: number;
  readonly transcript?: boolean;
  readonly json?: boolean;
}

export function addDeployment(program: Command): void {
  program
    .command('init')
    .description('write one configuration file for each role: addresses, keys, limits')
    .argument('<dir>', 'where to put client.json, server0.json, server1.json and dealer.json', some)
    .option('--host <host>', 'where the servers and the dealer listen', some, '127.0.0.1')
    .option(
      '--base-port <port>',
      'server0 listens here, server1 and the dealer on the next two',
      integer(1, 65533),
      7100,
    )
    .option(
      '--tls <dir>',
      'certificates: ca.crt and ROLE.crt, ROLE.key for each role; required beyond this machine',
      some,
    )
    .option('--force', 'replace files that exist')
    .option('--json', 'print one JSON object as the last line')
    .action(
      async (
        dir: string,
        {
          host,
          basePort,
          tls,
          force,
          json,
        }: { host: string; basePort: number; tls?: string; force?: boolean; json?: boolean },
      ) => {
        const files = await writeConfigs(dir, createConfigs({ host, basePort, tls: tls && seenFrom(dir, tls) }), {
          force,
        });
        note(
          `wrote ${files.join(', ')}; give each party its own file only, and the share directory that "comet share" makes`,
        );
        if (json) await printJson({ files });
      },
    );
  program
    .command('share')
    .description(
      'as the model owner: prepare, calibrate and mask a checkpoint, and write one share directory for each role',
    )
    .argument('<model>', 'a checkpoint folder, or OWNER/NAME in the cache', some)
    .requiredOption(
      '--out <dir>',
      'where to put client/, server0/, server1/ and dealer/ ("shares" beside the files of "comet init")',
      some,
    )
    .option(
      '--calibration <file>',
      "text like that which will be generated; the model's own calibration otherwise",
      some,
    )
    .option('--prefix <text>', PREFIX, some)
    .addOption(variantOption())
    .option('--force', 'replace what exists')
    .option('--json', 'print one JSON object as the last line')
    .action(
      async (
        model: string,
        {
          out,
          calibration,
          prefix,
          variant,
          force,
          json,
        }: {
          out: string;
          calibration?: string;
          prefix?: string;
          variant?: VariantName;
          force?: boolean;
          json?: boolean;
        },
      ) => {
        const result = await share(model, { out, calibration, prefix, variant, force, signal, onEvent: reporter() });
        for (const line of describeWidened(result.widened)) note(line);
        note(`provisioning ${result.provisioning}: give each party its directory under ${out}, over a private channel`);
        if (json) await printJson(result);
      },
    );
  program
    .command('serve')
    .description('run a role: server0, server1 or dealer')
    .argument('<role>', 'server0, server1 or dealer')
    .requiredOption('--config <file>', 'the role\'s file from "comet init"', some)
    .option('--threads <n>', 'worker threads for matrix products; 0 computes in the main thread', integer(0), 0)
    .option('--max-sessions <n>', "sessions at once; the configuration's limit otherwise", integer(1, 65536))
    .option(
      '--max-epochs <n>',
      "epochs that a session may begin; the configuration's limit otherwise",
      integer(0, 2 ** 32 - 1),
    )
    .option('--stall-timeout <seconds>', 'ends a session where a party is silent within a step; 0 never', seconds)
    .option('--idle-timeout <seconds>', 'ends a session where the client is silent between steps; 0 never', seconds)
    .option('--cache-memory <mb>', "most that a server's caches of one session may take", real(0.001, 1e9))
    .option('--transcript', "report a digest of each session's openings and tape, to compare runs")
    .option('--json', 'print a JSON object for each event')
    .action(async (role: string, { config, json, threads, transcript, ...options }: ServeCommand) => {
      if (role !== 'server0' && role !== 'server1' && role !== 'dealer') {
        throw new CometError('E_ARGUMENT', `there is no role ${role}; the roles are server0, server1 and dealer`);
      }
      const progress = reporter();
      const report = (event: ServeEvent): void => {
        if (json) void printJson(event);
        else if (event.type === 'progress' || event.type === 'memory') progress(event);
        else if (event.type === 'listening')
          note(`${role} listens at ${event.host}:${event.port}, provisioning ${event.provisioning}`);
        else if (event.type === 'epoch')
          note(
            `session ${event.session.slice(0, 8)} epoch ${event.number}: ${bytes(event.bytes)} in ${event.seconds.toFixed(1)} s, of which steps waited ${event.waitSeconds.toFixed(1)} s`,
          );
        else
          note(
            `session ${event.session.slice(0, 8) || '-'} ${event.state}${event.code ? `: ${event.code}: ${event.message}` : ''}${event.transcript ? `, transcript ${event.transcript}` : ''}`,
          );
      };
      const listener = await serve(role, limited(await readConfig(config), options), {
        ...{ threads, transcript },
        signal,
        onEvent: report,
      });
      if (!signal.aborted) await once(signal, 'abort');
      await listener.close();
    });
}

const seconds = integer(0, Math.floor((2 ** 31 - 1) / 1000));

/** A configuration with the limits that options name. */
function limited(
  config: Config,
  { maxSessions, maxEpochs, stallTimeout, idleTimeout, cacheMemory }: LimitOptions,
): Config {
  const { sessions, epochs, stallMs, idleMs, cacheBytes } = config.limits;
  const milliseconds = (given: number | undefined, otherwise: number): number =>
    given === undefined ? otherwise : 1000 * given;
  const limits = {
    sessions: maxSessions ?? sessions,
    epochs: maxEpochs ?? epochs,
    stallMs: milliseconds(stallTimeout, stallMs),
    idleMs: milliseconds(idleTimeout, idleMs),
    ...((cacheMemory ?? cacheBytes) !== undefined && {
      cacheBytes: cacheMemory === undefined ? cacheBytes : Math.round(1e6 * cacheMemory),
    }),
  };
  return { ...config, limits: { ...config.limits, ...limits } };
}

/** The path of a directory of certificates as configurations in `dir` name it: relative to themselves. */
function seenFrom(dir: string, tls: string): string {
  if (!existsSync(join(tls, 'ca.crt')))
    throw new CometError('E_ARGUMENT', `there is no ${join(tls, 'ca.crt')}; --tls names a directory of certificates`);
  return relative(resolve(dir), resolve(tls)) || '.';
}
