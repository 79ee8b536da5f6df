/** What the host's modules are to each other; none imports another, Rust hands it over. */
export interface Links {
  /** The instance that there is now. */
  readonly instance: { dead: boolean };
  /** An error that has no caller. */
  report(error: unknown): void;
  /** The error of a handle that is of no use any more; it counts. */
  stale(className: string): Error;
  /** The error of what was under way when the instance died. */
  aborted(cause: unknown): Error;
  /** Asks an object; `objects.js` knows how. */
  inspect(control: string, object: object, ask: number): number;
  /** A task has ended; `objects.js` may have calls that wait. */
  ended(): void;
  /** The instance died; `tasks.js` settles what was under way. */
  bury(): void;
}
