// @ts-check
// Text to tokens and back. What bricks it: more tokens than memory has room for.

const texts = ['hello world', 'Grüße, 世界 🚀', 'fn main() { println!("{}", 1 + 2); }', '<|endoftext|>', '', ' '.repeat(50), 'a'.repeat(1000)];
const models = ['gpt-4o', 'gpt-4', 'gpt-3.5-turbo', 'no-such-model', ''];
/** Each is some bytes: the answer is larger than the question. */
const many = new Uint32Array(3 << 20).fill(98517);

/** @type {any} */
let encoding;

/** @type {import('./scenario.js').Scenario} */
export default {
  use(pkg, note) {
    note('encodings', pkg.listEncodings());
    for (const name of ['cl100k_base', 'p50k_base', 'no_such_base']) {
      let made;
      try {
        made = pkg.getEncoding(name);
      } catch (error) {
        note(name, error);
        continue;
      }
      note(name, [made.name, made.vocabSize, made.numSpecialTokens]);
      for (const text of texts) {
        const tokens = made.encode(text);
        note(text, [tokens, made.encodeWithSpecialTokens(text), made.count(text), made.countWithSpecialTokens(text)]);
        note(`${text}, back`, made.decode(tokens));
        for (let end = 1; end < Math.min(tokens.length, 12); end += 1) note(`${text}, ${end} back`, made.decode(tokens.slice(0, end)));
      }
      note('tokens that are none', made.decode(new Uint32Array([0xffffffff, 100261, 5])));
      made.free();
    }
    for (const model of models) {
      note(`${model}, encoding`, pkg.modelToEncoding(model));
      for (const call of [() => pkg.estimateCost(model, 1000, 500), () => pkg.getModelInfo(model), () => pkg.encodingForModel(model).name]) {
        try {
          const got = call();
          note(model, typeof got === 'object' ? [got.id, got.provider, got.inputPer1m, got.outputPer1m, got.cachedInputPer1m, got.contextWindow, got.maxOutput] : got);
        } catch (error) {
          note(model, error);
        }
      }
    }
    for (const info of pkg.allModels()) note('model', [info.id, info.provider, info.inputPer1m, info.contextWindow]);
    note('of a provider', pkg.modelsByProvider('Anthropic').map((/** @type {any} */ info) => info.id));
  },
  trivial(pkg) {
    encoding = pkg.getEncoding('cl100k_base');
    return () => encoding.vocabSize;
  },
  brick: (pkg) => pkg.getEncoding('cl100k_base').decode(many),
  valid(pkg) {
    const made = pkg.getEncoding('cl100k_base');
    const tokens = made.encode('a call that is well');
    const back = made.decode(tokens);
    made.free();
    return [tokens, back];
  },
};
