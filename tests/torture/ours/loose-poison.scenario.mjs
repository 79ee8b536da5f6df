// @ts-check
// An object that does not persist, and that a panic poisons.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('LoosePoison', 'poison');
