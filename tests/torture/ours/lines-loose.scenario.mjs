// @ts-check
// Calls in line on an object that does not persist.
import { line } from './line.mjs';

export const { atomic, policy, setup, steps, observe } = line('LooseLine', 'poison');
