// The modules that only the Workers runtime and the build bring. Types alone.

declare module 'cloudflare:workers' {
  export class DurableObject {
    constructor(ctx: import('./types').State, env: import('./types').Env);
    protected ctx: import('./types').State;
    protected env: import('./types').Env;
  }
  export const env: import('./types').Env;
}

declare module '*.wasm' {
  const module: WebAssembly.Module;
  export default module;
}

declare module '*/durable_room.js' {
  export const Room: { new (): import('./types').Room; import(bytes: Uint8Array): import('./types').Room };
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function render(text: string, template: Promise<string>): Promise<string>;
  export const recovery: import('../../../recover-runtime/js/types').Recovery;
}

declare module '*/durable_room_plain.js' {
  export const Room: new () => import('./types').Room;
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export function render(text: string, template: Promise<string>): Promise<string>;
  export function generation(): number;
}
