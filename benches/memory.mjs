// Memory of a process, as the system tells it. (`maxRSS` of the runtime is inherited from the process that started it.)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';

/** Resident bytes of a process, now and at most; now twice where the system does not tell the latter. */
export async function memoryOf(pid) {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => undefined);
  const bytes = (key) => 1024 * Number(new RegExp(`${key}:\\s+(\\d+)`).exec(status)[1]);
  if (status) return { residentBytes: bytes('VmRSS'), peakBytes: bytes('VmHWM') };
  const ps = spawn('ps', ['-o', 'rss=', '-p', String(pid)]);
  let text = '';
  ps.stdout.on('data', (part) => (text += part));
  await once(ps, 'close');
  return { residentBytes: 1024 * Number(text), peakBytes: 1024 * Number(text) };
}
