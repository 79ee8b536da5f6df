// @ts-check
// An object with a snapshot after each call, to which a panic rolls it back.
import { ledger } from './ledger.mjs';

export const { atomic, policy, setup, steps, observe } = ledger('SnapshotRollback', 'rollback');
