// @ts-check
// An object with a journal of its calls, by which a panic rolls it back.
import { ledger } from './ledger.mjs';

export const { atomic, setup, steps, observe } = ledger('JournalRollback', true);
