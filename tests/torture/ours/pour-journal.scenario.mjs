// @ts-check
// Calls that change two objects with journals: both move, or neither.
import { pouring } from './jars.mjs';

export const { atomic, policy, setup, steps, invariant, observe } = pouring('JournalJar');
