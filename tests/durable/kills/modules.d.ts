// The package that is killed, where no path leads to it. Types alone.

declare module '*/fixture_kills.js' {
  export const Ledger: any;
  export const recovery: any;
  export function initSync(options: { module: WebAssembly.Module }): unknown;
  export default function init(): Promise<unknown>;
}
