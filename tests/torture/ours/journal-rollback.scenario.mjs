// @ts-check
// An object with a journal of its calls, by which a panic rolls it back.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('JournalRollback', 'rollback');
