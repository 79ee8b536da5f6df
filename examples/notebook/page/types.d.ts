// What the page needs to know of the package, which is built later. Types alone.

declare module '*/pkg/notebook.js' {
  import type { DurableOptions, Durable } from '../../../recover-runtime/js/durable';
  import type { DurableStore } from '../../../recover-runtime/js/stores';

  export class Notebook {
    constructor();
    readonly pages: number;
    add(): number;
    text(page: number): string;
    edit(page: number, at: number, removed: number, text: string): void;
    undo(page: number): boolean;
    static open(store: DurableStore, name: string, options?: DurableOptions<Notebook>): Promise<Durable<Notebook>>;
  }
  export class LeaseError extends Error {}
  export default function init(): Promise<unknown>;
}

declare module '*/pkg/stores/indexeddb.js' {
  export { IndexedDbStore } from '../../../recover-runtime/js/stores/indexeddb.js';
}
