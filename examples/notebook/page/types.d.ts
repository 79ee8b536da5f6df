// What the page needs to know of the package, which is built later. Types alone.

declare module '*/pkg/notebook.js' {
  export class Notebook {
    constructor();
    readonly pages: number;
    add(): number;
    text(page: number): string;
    edit(page: number, at: number, removed: number, text: string): void;
    undo(page: number): boolean;
    static open(
      store: import('../../../recover-runtime/js/stores').DurableStore, name: string,
      options?: import('../../../recover-runtime/js/durable').DurableOptions<Notebook>,
    ): Promise<import('../../../recover-runtime/js/durable').Durable<Notebook>>;
  }
  export class LeaseError extends Error {}
  export default function init(): Promise<unknown>;
}

declare module '*/pkg/stores/indexeddb.js' {
  export const IndexedDbStore: typeof import('../../../recover-runtime/js/stores/indexeddb.js').IndexedDbStore;
}
