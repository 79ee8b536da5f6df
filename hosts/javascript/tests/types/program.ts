// A program over jco's own types: what `tsc --strict` must accept, and what it must refuse.
import { supervise, DomainError, PanicError, RecoverError, raises, type AbortReport, type Supervised } from 'recover-host';
import { load } from 'recover-host/node';
import * as bindings from './jco/component.js';
import type { Root } from './jco/component.js';

const app = await supervise(bindings, {
  getCoreModule: async (path) => new WebAssembly.Module(new Uint8Array(path.length)),
  imports: { 'test:host/rates': raises({ rate: (of: string): number => of.length }) },
  journal: { calls: 10 },
  limits: { memoryBytes: 1 << 20 },
  reads: { Ledger: ['entries', 'owner'] },
  errors: ['NoKeyError', 'QuotaError'],
});
const same: Supervised<Root, 'NoKeyError' | 'QuotaError'> = app;
const other: Supervised<Root> = await supervise(bindings.instantiate, { getCoreModule: () => new Uint8Array(), imports: () => ({}) });
const loaded = await load<Root>('component.wasm', { jco: 'node_modules' });

const { Ledger, parse } = app.exports.ledgers;
const ledger = new Ledger('ada');
const put: number = ledger.put('rent', 700n);
const number: bigint = parse('5');
const entries: { key: string; amount: bigint }[] = loaded.exports['recover:fixture/ledgers@0.1.0'].Ledger.restore(ledger.save()).entries();

try {
  ledger.merge(ledger);
} catch (error) {
  if (error instanceof app.errors.NoKeyError) {
    const key: string = error.key;
    const kind: 'domain' = error.kind;
    const [cause] = error.causes;
    void [key, kind, cause, error.fields.key, error.location?.line, error.frames[0]?.function];
  } else if (error instanceof PanicError) {
    const kind: 'panic' | 'out-of-memory' | 'stack-overflow' = error.kind;
    const [build, fatal]: [string | undefined, boolean] = [error.build, error.fatal];
    void [kind, build, fatal];
  } else if (error instanceof app.errors.InstanceAbortedError) {
    const fatal: true = error.fatal;
    void fatal;
  } else if (error instanceof RecoverError && error.retryable) {
    void RecoverError.fromJSON(error.toJSON());
  } else if (error instanceof DomainError) {
    void error.code;
  }
}

const stop: () => void = app.recovery.onAbort((report: AbortReport) => void report.lost[0]?.class, { memory: true });
stop();
app.recovery.onPanic((error) => void error.location?.file);
app.recovery.setRestartLimit({ restarts: 5, period: 1000 });
await app.recovery.restart();
const { epoch, refused } = app.recovery.health();
void [same, other, put, number, entries, epoch, refused.busy, app.recovery.export(ledger)];

// @ts-expect-error a method has the arguments of the component
ledger.put('rent', 700);
// @ts-expect-error the program named no such class
void app.errors.NoKeyEror;
// @ts-expect-error there is no such method
ledger.take();
// @ts-expect-error our errors are made by the host
new PanicError('x');
// @ts-expect-error there is no such option
await supervise(bindings, { getCoreModule: () => new Uint8Array(), imports: {}, timeout: 5 });
// @ts-expect-error imports are needed
await supervise(bindings, { getCoreModule: () => new Uint8Array() });
