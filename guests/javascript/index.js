// @ts-check
// The face of the package: a component in JavaScript whose exceptions cross languages. The classes are in
// `src/errors.js`, what crosses in `src/records.js`, the two wrappers in `src/guest.js`. It runs inside a component
// made by componentize-js; for a program that calls components there is `recover-host`.

export { imported, recoverable } from './src/guest.js';
export { failureOf } from './src/records.js';
export {
  errors, BusyError, DomainError, InstanceAbortedError, OutOfMemoryError, PanicError, PoisonedError, RecoverError,
  RestartLimitError, StackOverflowError, StaleHandleError, TimeoutError,
} from './src/errors.js';
