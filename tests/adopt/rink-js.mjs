// @ts-check
// Calculations with units. What bricks it: a formula so deep that its parser fills the stack.

const formulas = [
  '1 + 2 * 3', '3 feet -> m', '2^100', '1/7 digits 20', 'sqrt(2)', 'sin(pi/4)', '1 lightyear -> km', '72 F -> C', '5 kg * 9.8 m/s^2 -> N',
  '1 GiB -> bytes', 'speed of light', '3 m + 2 s', '1/0', 'x = 4', 'no_such_unit', 'units for energy', 'search watt', '', '((', '1 +',
  '"text"', '10! -> hex', '255 to hex', '0x1f', '1e400', 'ans', '2 weeks -> days; hours; minutes', 'water', 'egg', '40 mpg -> L/100km',
  'ln(e)', 'log2(1024)', 'atan2(1, 2)', 'hypot(3 m, 4 m)', '1 mile -> feet;inch', '100 m / 9.58 s -> km/h', 'gravity', 'mass of sun', '7 mod 3',
];
const deep = '('.repeat(400_000);

/** @type {any} */
let context;

/** @type {import('./scenario.js').Scenario} */
export default {
  use(pkg, note) {
    note('version', pkg.version());
    const made = new pkg.Context();
    made.setTime(new Date(1_700_000_000_000));
    for (const keeps of [false, true]) {
      made.setSavePreviousResult(keeps);
      for (const formula of formulas) {
        const query = new pkg.Query(formula);
        note(`${formula}, read`, query.getExpr());
        note(formula, made.eval(query));
        note(`${formula}, in pieces`, made.eval_tokens(query));
        query.free();
      }
    }
    try {
      note('no currencies', made.loadCurrency('{'));
    } catch (error) {
      note('no currencies', error);
    }
    made.free();
  },
  trivial(pkg) {
    context = new pkg.Context();
    return () => context.setSavePreviousResult(false);
  },
  brick: (pkg) => new pkg.Query(deep),
  valid(pkg) {
    const query = new pkg.Query('3 feet + 4 inch -> cm');
    context ??= new pkg.Context();
    const answer = query.getExpr();
    query.free();
    return answer;
  },
};
