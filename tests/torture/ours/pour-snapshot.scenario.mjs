// @ts-check
// Calls that change two objects with snapshots: both move, or neither.
import { pouring } from './jars.mjs';

export const { atomic, policy, setup, steps, invariant, observe } = pouring('SnapshotJar');
