// @ts-check
// An object that does not persist, and that a panic leaves as it is.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('LooseKeep', 'keep');
