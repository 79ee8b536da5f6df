// @ts-check
// Calls in line on an object that persists.
import { line } from './line.mjs';

export const { atomic, policy, setup, steps, observe } = line('KeptLine', 'rollback');
