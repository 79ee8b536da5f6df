// @ts-check
// Tokens that are sealed, signed and opened. What bricks it: a machine that has no random numbers.
import { withoutRandomness } from './machine.mjs';

const KEY = '707172737475767778797a7b7c7d7e7f808182838485868788898a8b8c8d8e8f';
const claims = [{ sub: 'somebody', exp: '2039-01-01T00:00:00+00:00' }, { iss: 'us', data: 'ü🚀' }, 'a text', '', { aud: 5 }, 7, null];
const footers = [undefined, 'a footer', '{"kid":"k"}'];

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
    const pair = pkg.generate_v4_public_key_pair();
    const { secret, public: open } = pair;
    note('keys', [secret, open, pkg.generate_v4_local_key()]);
    for (const claim of claims) {
      for (const footer of footers) {
        for (const implicit of [undefined, 'implied']) {
          const sealed = ended(() => pkg.encrypt_v4_local(KEY, claim, footer, implicit));
          note('sealed', sealed);
          note('opened', ended(() => pkg.decrypt_v4_local(KEY, String(sealed), footer, implicit)));
          const signed = ended(() => pkg.sign_v4_public(secret, claim, footer, implicit));
          note('signed', signed);
          note('verified', ended(() => pkg.verify_v4_public(open, String(signed), footer, implicit)));
          note('by another footer', ended(() => pkg.verify_v4_public(open, String(signed), 'another', implicit)));
        }
      }
    }
    note('a getter that throws', ended(() => pkg.encrypt_v4_local(KEY, { get sub() { throw new RangeError('of the getter'); } })));
    for (const key of [KEY, '', 'zz', KEY.slice(2)]) {
      note(`key ${key}`, [ended(() => pkg.key_to_paserk_local(key)), ended(() => pkg.get_local_key_id(key)), ended(() => pkg.get_public_key_id(key))]);
      note('and back', ended(() => pkg.paserk_local_to_key(ended(() => pkg.key_to_paserk_local(key)))));
    }
    for (const token of ['', 'v4.local.', 'v4.local.AAAA', 'v3.local.AAAA', 'a.b.c.d', '🚀'.repeat(9)]) {
      note(`token ${token}`, [ended(() => pkg.decrypt_v4_local(KEY, token)), ended(() => pkg.verify_v4_public(open, token))]);
    }
    pair.free();
  },
  trivial(pkg) {
    const pair = pkg.generate_v4_public_key_pair();
    return () => pair.public;
  },
  brick: (pkg) => withoutRandomness(() => pkg.generate_v4_public_key_pair()),
  valid: (pkg) => [pkg.key_to_paserk_local(KEY), pkg.get_local_key_id(KEY)],
};
