// @ts-check
// An object with a journal of its calls, and that a panic poisons.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('JournalPoison', 'poison');
