// What a strict consumer writes; every line of it must have the type that it says.
import init, { Counter, InstanceAbortedError, PanicError, initSync, recovery } from 'counter';
import * as bundler from 'counter-bundler';
import type { PanicLocation } from 'counter';

const loaded: Promise<unknown> = init();
const counter: Counter = new Counter();
const count: number = counter.add();
try {
  counter.panic();
} catch (error) {
  if (error instanceof PanicError) {
    const location: PanicLocation | undefined = error.location;
    const name: 'PanicError' | 'OutOfMemoryError' | 'StackOverflowError' = error.name;
    void [location, name];
  } else if (error instanceof InstanceAbortedError) {
    const kind: 'aborted' = error.kind;
    void kind;
  }
}
const restarts: number = recovery.health().restarts;

// What waits for its instance has nothing to call for it.
// @ts-expect-error
void bundler.initSync;
// @ts-expect-error
void bundler.default;
const other: number = new bundler.Counter().add();
{
  using scoped = new bundler.Counter();
  void scoped.count;
}
void [loaded, count, restarts, other, initSync];
