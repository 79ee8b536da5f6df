// @ts-check
// The steps of the ledgers: the same for every way to persist and every policy. A scenario of each
// is beside this file; what each of their methods does is in tests/fixtures/torture-ours/src/ledgers.rs.

/** @typedef {{ add(by: number): number, add_asked(by: number): number, take(by: number): number, write(line: string, bytes: Uint8Array): string, add_later(by: number): Promise<number>, state(): string, free(): void }} Ledger */

/** @type {((state: { ledger: Ledger }) => unknown)[]} */
const steps = [
  ({ ledger }) => ledger.add(2),
  ({ ledger }) => ledger.add_asked(3),
  ({ ledger }) => ledger.take(1),
  ({ ledger }) => ledger.take(1000),
  ({ ledger }) => ledger.write('a line', new Uint8Array([1, 2, 3])),
  ({ ledger }) => ledger.add_later(5),
  ({ ledger }) => ledger.add(7),
  ({ ledger }) => ledger.state(),
];

/**
 * @param {string} name of the class
 * @param {'poison' | 'rollback' | 'keep'} policy what a failed call leaves
 */
export function ledger(name, policy) {
  return {
    atomic: policy !== 'keep',
    policy: { [name]: policy },
    setup: (/** @type {any} */ pkg, /** @type {any} */ t) => {
      t.expects(pkg.ShortError);
      return { ledger: t.own(new pkg[name](10)) };
    },
    steps,
    observe: (/** @type {{ ledger: Ledger }} */ { ledger }) => ledger.state(),
  };
}
