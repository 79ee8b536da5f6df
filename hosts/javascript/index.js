// @ts-check
// The package `recover-host`: exports of a component behind a supervisor, made out of what jco wrote. What programs
// import stands here; what it does, in `src`.

import { optionsOf } from './src/options.js';
import { Maker } from './src/instance.js';
import { Gate } from './src/gate.js';
import { surfaceOf } from './src/surface.js';
import { recoveryOf } from './src/recovery.js';

export {
  RecoverError, PanicError, OutOfMemoryError, StackOverflowError, PoisonedError, BusyError, WrongClassError,
  StaleHandleError, InstanceAbortedError, RestartLimitError, TimeoutError, DomainError,
} from './src/errors.js';
export { raises, toFailure } from './src/failure.js';

/**
 * Makes the first instance of a component, and its exports behind a supervisor.
 * @type {(bindings: any, options: any) => Promise<any>}
 */
export async function supervise(bindings, options) {
  const instantiate = typeof bindings === 'function' ? bindings : bindings?.instantiate;
  if (typeof instantiate !== 'function') {
    throw new TypeError('supervise() takes what `jco transpile --instantiation async` wrote: the module, or its `instantiate`');
  }
  const checked = optionsOf(options);
  const gate = new Gate(new Maker(instantiate, checked), checked);
  const instance = await gate.maker.make(0, gate.onDestructor);
  const { exports, classes } = surfaceOf(gate, instance.root);
  gate.classes = classes;
  gate.start(instance);
  return Object.freeze({ exports, errors: gate.errors, recovery: recoveryOf(gate) });
}
