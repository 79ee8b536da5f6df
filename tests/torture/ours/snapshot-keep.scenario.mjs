// @ts-check
// An object with a snapshot after each call, and that a panic leaves as it is.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('SnapshotKeep', 'keep');
