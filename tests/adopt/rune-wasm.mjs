// @ts-check
// Programs that are compiled and run. What bricks it: a program that nests deeper than the stack is.

const programs = [
  'pub fn main() { 1 + 2 }', 'pub fn main() { "text" }', 'pub fn main() { println!("out {}", 7); [1, 2, 3] }',
  'fn fib(n) { if n < 2 { n } else { fib(n - 1) + fib(n - 2) } } pub fn main() { fib(12) }',
  'struct A { n } impl A { fn twice(self) { self.n * 2 } } pub fn main() { A { n: 21 }.twice() }',
  'pub fn main() { let v = []; for i in 0..10 { v.push(i * i); } v }', 'pub async fn main() { async { 5 }.await }',
  'pub fn main() { match (1, "a") { (1, s) => s, _ => "none" } }', 'pub fn main() { let x = 1 / 0; x }', 'pub fn main() { nothing_like_it() }',
  'pub fn main() { let m = #{ a: 1, b: [2] }; json::to_string(m) }', 'pub fn main() { loop {} }', 'fn main( {', '', '🚀', 'pub fn main() { panic!("told to") }',
  'enum E { A, B(n) } pub fn main() { match E::B(4) { E::A => 0, E::B(n) => n } }', 'pub fn main() { let f = |x| x + 1; f(f(1)) }',
];
const config = { budget: 20_000, options: [], instructions: false, suppress_text_warnings: false };

/** @type {import('./scenario.js').Scenario} */
export default {
  async use(pkg, note) {
    for (const budget of [20_000, 500, 100_000]) {
      for (const instructions of [false, true]) {
        for (const program of programs) note(program, await pkg.compile(program, { ...config, budget, instructions }));
      }
    }
    for (const wrong of [undefined, null, {}, { budget: 'x' }]) note(`configured by ${JSON.stringify(wrong)}`, await pkg.compile(programs[0], wrong));
  },
  brick: (pkg) => pkg.compile(`pub fn main() { ${'('.repeat(50_000)}1${')'.repeat(50_000)} }`, config),
  valid: (pkg) => pkg.compile(programs[2], config),
};
