// The modules that only the Workers runtime and the build bring. Types alone.

declare module 'cloudflare:workers' {
  export class DurableObject {
    constructor(ctx: import('./types.mjs').State, env: import('./types.mjs').Env);
    protected ctx: import('./types.mjs').State;
    protected env: import('./types.mjs').Env;
  }
  export const env: import('./types.mjs').Env;
}

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/durable_room.js' {
  export const Room: {
    new (): import('./types.mjs').Room;
    open(store: import('../../../recover-runtime/js/stores').DurableStore, name: string, options: { create: () => object }):
      Promise<{ readonly calls: import('./types.mjs').Room; close(): Promise<void> }>;
  };
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function render(text: string, template: Promise<string>): Promise<string>;
  export const recovery: import('../../../recover-runtime/js/types').Recovery;
}

declare module '*/stores/durable-object.js' {
  export const DurableObjectStore: typeof import('../../../recover-runtime/js/stores/durable-object.js').DurableObjectStore;
}

declare module '*/durable_room_plain.js' {
  export const Room: new () => import('./types.mjs').Room;
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function render(text: string, template: Promise<string>): Promise<string>;
  export function generation(): number;
}
