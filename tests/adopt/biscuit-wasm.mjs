// @ts-check
// Tokens that are made, weakened and checked. What bricks it: a machine that has no random numbers.
import { withoutRandomness } from './machine.mjs';

const ROOT = '473b5189232f3f597b5c2f3f9b0d5e28b1ee4e7cce67ec6b7fbf5984157a6b97';
/** @type {(string | number | boolean)[]} */
const values = ['a text', 17, true, ''];

/** @param {() => any} call */
function ended(call) {
  try {
    return call();
  } catch (error) {
    return error;
  }
}

/** @type {import('./scenario.js').Scenario} */
export default {
  use(pkg, note) {
    const pair = pkg.KeyPair.from(pkg.PrivateKey.from_hex(ROOT));
    const root = pair.public();
    note('public key', root.to_hex());
    const bytes = new Uint8Array(32);
    root.to_bytes(bytes);
    note('its bytes', bytes);
    for (let n = 0; n < 12; n += 1) {
      const builder = pkg.Biscuit.builder();
      const fact = pkg.Fact.from_str('user({name})');
      fact.set('name', values[n % values.length]);
      builder.add_authority_fact(fact);
      builder.add_authority_rule(pkg.Rule.from_str('may($u, "read") <- user($u)'));
      builder.add_authority_check(pkg.Check.from_str('check if operation("read")'));
      const token = builder.build(pair.private());
      note('blocks', [token.block_count(), token.block_source(0), token.block_source(9)]);
      note('revocation', token.revocation_identifiers());
      const text = token.to_base64();
      note('token', text);
      const read = pkg.Biscuit.from_base64(text, root);
      const block = read.create_block();
      block.add_check(pkg.Check.from_str(`check if time($t), $t < ${n + 5}`));
      ended(() => block.add_code('check if resource("r");'));
      const weaker = read.append(block);
      note('weaker', [weaker.block_count(), weaker.to_bytes(), weaker.block_source(1)]);
      for (const operation of ['read', 'write']) {
        const authorizer = weaker.authorizer();
        note('facts', ended(() => authorizer.add_code(`operation("${operation}"); time(${n}); resource("r");`)));
        authorizer.add_policy(pkg.Policy.from_str('allow if user($u)'));
        note(operation, ended(() => authorizer.authorize()));
      }
      const sealed = weaker.seal();
      note('sealed', sealed.to_base64());
      note('to a sealed one', ended(() => sealed.append(sealed.create_block())));
    }
    for (const source of ['', 'user(', 'user($x) <- ', 'check if', '🚀', 'a'.repeat(200)]) {
      for (const kind of ['Fact', 'Rule', 'Check', 'Policy']) note(`${kind} ${source}`, ended(() => pkg[kind].from_str(source).constructor.name));
    }
    for (const text of ['', 'not base64!', 'AAAA']) note(`token ${text}`, ended(() => pkg.Biscuit.from_base64(text, root)));
    for (const hex of ['zz', '00']) note(`key ${hex}`, ended(() => pkg.PublicKey.from_hex(hex)));
  },
  trivial(pkg) {
    const token = pkg.Biscuit.builder().build(pkg.PrivateKey.from_hex(ROOT));
    return () => token.block_count();
  },
  brick: (pkg) => withoutRandomness(() => pkg.Biscuit.builder().build(pkg.PrivateKey.from_hex(ROOT))),
  valid(pkg) {
    const key = pkg.PrivateKey.from_hex(ROOT);
    const hex = pkg.KeyPair.from(key).public().to_hex();
    return [hex, pkg.Rule.from_str('a($x) <- b($x)') instanceof pkg.Rule];
  },
};
