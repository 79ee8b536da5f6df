import { load } from 'recover-host/node';

const { exports, errors } = await load(process.argv[2]);
const { PanicError, InstanceAbortedError, NoBookError } = errors;
const { Shelf, burn } = exports.shelves;

/** What a call throws. */
const caught = (call) => { try { call(); } catch (error) { return error; } };

using shelf = new Shelf('ann');
console.log(shelf.add('Emma', 3)); // => 3
let error = caught(() => shelf.find('Ulysses'));
console.log(error instanceof NoBookError, error.message, error.code, error.title); // => true ann has no Ulysses E_NO_BOOK Ulysses
error = caught(() => shelf.add('Emma', 4_294_967_295));
console.log(error instanceof PanicError, error.message, error.location.file); // => true the shelf is full src/lib.rs
error = caught(() => burn());
console.log(error instanceof InstanceAbortedError, error.fatal, error.retryable); // => true true true
console.log(shelf.find('Emma')); // => 3
