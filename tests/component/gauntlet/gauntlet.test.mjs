// @ts-check
// The gauntlet's inputs through the component in Node, by recover-host: what each gets is right, is what the package gets,
// and costs no instance.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';

import { isReported, isRight } from '../../../examples/gauntlet/judge.mjs';
import { DomainError, PanicError } from '../../../hosts/javascript/index.js';
import { load } from '../../../hosts/javascript/node.js';
import { answerOf, feed, ofPackage } from './answers.mjs';

/** @type {Awaited<ReturnType<typeof ofPackage>>} */
let node;
/** @type {import('../../../hosts/javascript/index.js').Supervised<any>} */
let app;
/** @type {ReturnType<typeof feed>} */
let ended;

before(async () => {
  node = await ofPackage();
  app = await load(/** @type {string} */ (process.env.RECOVER_GAUNTLET_COMPONENT), { jco: process.env.RECOVER_JCO });
  const { bcder, hpack } = app.exports;
  /** @type {Record<string, (octets: Uint8Array) => unknown>} */
  const calls = {
    bcder_oid: bcder.oid,
    bcder_integers: bcder.integers,
    bcder_octets: bcder.octets,
    bcder_skip: bcder.skip,
    bcder_is_rsa: bcder.isRsa,
    hpack_decode: hpack.decode,
  };
  ended = feed((name, octets) => /** @type {any} */ (calls[name])(octets), (table) => new hpack.Session(table));
});

test('every hostile input is an error that names the line, every valid one is answered', () => {
  const classes = /** @type {any} */ ({ PanicError, DecodeError: DomainError });
  for (const { file, input, outcome } of ended) {
    const holds = input.kind === 'hostile' ? isReported(classes, file, input, outcome) : isRight(classes, input, outcome);
    assert(holds, `${file.target}: ${input.name}: ${JSON.stringify(answerOf(outcome))}`);
  }
  const hostile = ended.filter(({ input }) => input.kind === 'hostile').length;
  assert(hostile >= 20 && ended.length - hostile >= 20, `${hostile} of ${ended.length} are hostile`);
});

test('the component answers as the package does, field by field', () => {
  const told = (/** @type {typeof ended} */ all) => all.map(({ file, input, outcome }) => [file.target, input.name, answerOf(outcome)]);
  assert.deepEqual(told(ended), told(node.ended));
});

test('no input cost the instance', () => {
  assert.equal(app.recovery.health().epoch, 0);
  assert.equal(app.recovery.health().restarts, 0);
});
