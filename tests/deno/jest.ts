/** As much of jest's vocabulary as the suites use, on Deno.test: a suite is collected when its file is imported, then run in steps. */
import { expect } from 'expect';
import { format } from 'node:util';

type Work = (...row: never[]) => unknown;
/** Deno.TestContext, as far as it is used. */
export interface Steps {
  step(name: string, work: (steps: Steps) => Promise<void>): Promise<boolean>;
}

class Scope {
  readonly before: Work[] = [];
  readonly each: Work[] = [];
  readonly afterEach: Work[] = [];
  readonly after: Work[] = [];
  private readonly members: { name: string; run: (steps: Steps) => Promise<void> }[] = [];

  constructor(private readonly outer?: Scope) {}

  test(name: string, work: Work): void {
    const run = async (): Promise<void> => {
      try {
        for (const hook of this.hooks('each')) await hook();
        await work();
      } finally {
        for (const hook of this.hooks('afterEach').reverse()) await hook();
      }
    };
    this.members.push({ name, run });
  }

  describe(name: string, scope: Scope): void {
    this.members.push({ name, run: (steps) => scope.run(steps) });
  }

  async run(steps: Steps): Promise<void> {
    try {
      for (const hook of this.before) await hook();
      for (const { name, run } of this.members) await steps.step(name, run);
    } finally {
      for (const hook of this.after) await hook();
    }
  }

  /** Hooks around every test, outer ones first. */
  private hooks(kind: 'each' | 'afterEach'): Work[] {
    return [...(this.outer?.hooks(kind) ?? []), ...this[kind]];
  }
}

let current = new Scope();

/** The suite that importing a file declares. */
export async function collect(file: URL): Promise<Scope> {
  const suite = (current = new Scope());
  await import(file.href);
  return suite;
}

/** `name` for one row of a table: `$key` of an object, or printf's directives for the items of a list. */
function titled(name: string, row: unknown): string {
  if (Array.isArray(row)) {
    const directives = name.match(/%[sdifjopO]/g)?.length ?? 0;
    return format(name.replaceAll('%p', '%o'), ...row.slice(0, directives));
  }
  return name.replace(/\$(\w+)/g, (_, key: string) => String((row as Record<string, unknown>)[key]));
}

function withEach(declare: (name: string, work: Work) => void) {
  const each = (rows: readonly unknown[]) => (name: string, work: (...row: unknown[]) => unknown) => {
    for (const row of rows) {
      const items = Array.isArray(row) ? row : [row];
      declare(titled(name, row !== null && typeof row === 'object' ? row : items), () => work(...items));
    }
  };
  return Object.assign(declare, { each });
}

const test = withEach((name, work) => current.test(name, work));
const describe = withEach((name, work) => {
  const outer = current;
  current = new Scope(outer);
  outer.describe(name, current);
  work();
  current = outer;
});
const beforeAll = (work: Work): unknown => current.before.push(work);
const beforeEach = (work: Work): unknown => current.each.push(work);
const afterEach = (work: Work): unknown => current.afterEach.push(work);
const afterAll = (work: Work): unknown => current.after.push(work);

Object.assign(globalThis, { test, describe, expect, beforeAll, beforeEach, afterEach, afterAll });
export { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test };
