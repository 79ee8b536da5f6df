// @ts-check
// A class that extends another: one object, one record, whichever level a call is of.

export const atomic = true;
export const policy = { Savings: 'rollback', Account: 'rollback' };

/** @param {any} pkg @param {any} t */
export const setup = (pkg, t) => ({
  pkg, savings: t.own(new pkg.Savings(10, 1)), account: t.own(new pkg.Account(1)), closed: t.own(new pkg.Savings(5, 2)),
});

export const steps = [
  (/** @type {any} */ { savings }) => savings.add(2),
  (/** @type {any} */ { savings }) => savings.accrue(),
  (/** @type {any} */ { pkg, savings }) => pkg.top_up(savings, 3),
  (/** @type {any} */ { pkg, account }) => pkg.top_up(account, 4),
  (/** @type {any} */ { savings }) => savings.accrue(),
  (/** @type {any} */ { pkg, closed }) => pkg.close(closed),
  (/** @type {any} */ { savings }) => savings.savings(),
];

/** @param {any} state */
export const observe = ({ savings, account }) => [savings.account(), savings.savings(), account.account()];
