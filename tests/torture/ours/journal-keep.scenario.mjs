// @ts-check
// An object with a journal of its calls, and that a panic leaves as it is.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('JournalKeep', 'keep');
