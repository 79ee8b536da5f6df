// What the driver asks of the scenario of a crate. Both sides run it: what differs is a failure.

/** Keeps a result, to be compared: bytes, numbers, texts, plain objects, errors. */
export type Note = (what: string, result: unknown) => void;

export interface Scenario {
  /** A few hundred calls of real use. `note` is given every result. */
  use(pkg: any, note: Note): void | Promise<void>;
  /** A call that does next to nothing, to be timed; none where every call is a promise. */
  trivial?(pkg: any): () => unknown;
  /** An input that panics or traps in Rust; called over and over. May be a promise. */
  brick(pkg: any, n: number): unknown;
  /** A call that is well, and whose result is the same each time; or a promise of it. */
  valid(pkg: any): unknown;
}
