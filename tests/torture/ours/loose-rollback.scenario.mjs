// @ts-check
// An object that does not persist, and of which a copy is made before each call.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('LooseRollback', 'rollback');

/** Without unwinding there is nothing to roll back in place. @param {any} pkg */
export const applies = (pkg) => 'LooseRollback' in pkg;
