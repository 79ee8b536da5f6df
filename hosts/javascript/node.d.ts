// The declarations of `recover-host/node`.

import type { Supervised, SuperviseOptions } from './index.js';

/** Options of `load`. */
export interface LoadOptions<Names extends string = string> extends Omit<SuperviseOptions<Names>, 'getCoreModule' | 'imports'> {
  /** What the component imports beside WASI, which is there. It takes the place of WASI's, where both have a name. */
  imports?: object | (() => object);
  /** The folder of modules that has jco, where this package does not find it. */
  jco?: string;
  /** More options for jco's `transpile`. */
  transpile?: object;
}

/** Transpiles a component, by `@bytecodealliance/jco`, and supervises it. */
export function load<Exports = any, const Names extends string = string>(
  component: string | URL | Uint8Array,
  options?: LoadOptions<Names>,
): Promise<Supervised<Exports, Names>>;
