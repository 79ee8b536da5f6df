// A scenario of `cargo recover torture`: what a program does with the crate, and what must hold afterwards.
// Every step is run again and again, each time with a failure at another point.

// What the steps work on. `pkg` has what the crate exports.
export function setup(pkg) {
  return {}; // such as { counter: new pkg.Counter() }
}

// One call of the crate each. What a step returns is acknowledged: it must hold whatever fails later.
export const steps = [
  (state) => {}, // such as state.counter.add(2)
];

// Throws if something is wrong. `acknowledged` has the steps that returned: { step, name, value }.
export function invariant(state, acknowledged) {}
