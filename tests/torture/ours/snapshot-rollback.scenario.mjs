// @ts-check
// An object with a snapshot after each call, to which a panic rolls it back.
import { ledger } from './ledger.mjs';

export const { atomic, setup, steps, observe } = ledger('SnapshotRollback', true);
