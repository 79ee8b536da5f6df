// @ts-check
// Makes a captured call again, in Node, with a package: `cargo recover replay`. What a capture is
// and how it is read stands in the package's own host modules (recover-runtime/js/capture.js).
import { readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect, parseArgs } from 'node:util';

/** @typedef {{ kind: string, class?: string, name: string, export?: string }} Callee */
/** @typedef {{ file: string, line: number, column: number }} Location */
/** @typedef {{ name: string, code: string, kind: string, message: string, location?: Location, cause?: string }} Failure */
/** @typedef {{ id: string, build?: string, call: Callee, failure: Failure }} Captured */
/** @typedef {{ capture: Captured, object: any, args: any[], call(): unknown }} Replay */

/**
 * A text as it is printed. A capture comes from anywhere: nothing of it moves the cursor of a terminal, ends a
 * line or a comment, or turns the direction of what follows.
 * @param {string} text
 */
const plain = (text) => String(text).toWellFormed().replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => `\\u{${letter.codePointAt(0)?.toString(16)}}`);

/** A value as JSON, on which the same holds. @param {unknown} value */
const quoted = (value) => JSON.stringify(value).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (letter) => letter.split('').map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''));

/** The file or the package is not what it should be. */
class Unusable extends Error {}

/**
 * Loads a package of any target that Node can load.
 * @param {string} directory
 * @returns {Promise<any>}
 */
export async function load(directory) {
  const folder = resolve(directory);
  let names;
  try {
    names = readdirSync(folder);
  } catch {
    throw new Unusable(`there is no package in ${directory}; give the directory that cargo recover build wrote by --package`);
  }
  const wasm = names.find((name) => name.endsWith('_bg.wasm'));
  if (wasm === undefined) throw new Unusable(`there is no *_bg.wasm in ${directory}; give the directory that cargo recover build wrote by --package`);
  const script = join(folder, wasm.replace('_bg.wasm', '.js'));
  const text = readFileSync(script, 'utf8');
  if (/^exports\.|\brequire\(/m.test(text)) return createRequire(script)(script);
  const pkg = await import(pathToFileURL(script).href).catch((error) => {
    throw new Unusable(`Node can't load ${script} (${error.message}); build the package for web, module or nodejs`);
  });
  if (typeof pkg.initSync === 'function') pkg.initSync({ module: readFileSync(join(folder, wasm)) });
  return pkg;
}

/**
 * Reads a capture for a package, in which the call can then be made.
 * @param {any} pkg
 * @param {Uint8Array} bytes
 * @returns {Replay}
 */
export function prepared(pkg, bytes) {
  if (typeof pkg.recovery?.replay !== 'function') throw new Unusable('the package is not one of this version of recover-runtime');
  try {
    return pkg.recovery.replay(bytes, pkg);
  } catch (error) {
    throw new Unusable(/** @type {Error} */ (error).message);
  }
}

/** @param {Location | undefined} at */
const where = (at) => (at === undefined ? '' : ` at ${at.file}:${at.line}:${at.column}`);

/** @param {Failure} failure */
const toldOf = (failure) => `${failure.name}${where(failure.location)}: ${failure.message}`;

/**
 * What the call does now, and in what that differs from the capture; by nothing if it fails the same.
 * @param {Replay} replay
 * @returns {Promise<{ failure: Failure | undefined, stack: string | undefined, value: unknown, differs: string | undefined }>}
 */
export async function made({ capture, call }) {
  let value;
  try {
    value = await call();
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    /** @type {Failure} */
    const failure = {
      name: error?.name ?? 'Error', code: error?.code, kind: error?.kind, message: error?.message ?? String(error),
      location: error?.location, cause: error?.cause instanceof Error ? error.cause.name : undefined,
    };
    return { failure, stack: error?.stack, value: undefined, differs: difference(capture.failure, failure) };
  }
  return { failure: undefined, stack: undefined, value, differs: 'the call succeeds' };
}

/** @param {Failure} before @param {Failure} now @returns {string | undefined} */
function difference(before, now) {
  if (before.name !== now.name || before.code !== now.code) return `the call fails by a ${now.name}`;
  if (where(before.location) !== where(now.location)) return `the call fails elsewhere,${where(now.location) || ' at a place that is not known'}`;
  // How much stack was left depends on the caller's, and by what an instance ends on the engine.
  if (before.kind !== 'stack-overflow' && before.message !== now.message) return 'the call fails with another message';
  return undefined;
}

/** @param {Callee} callee */
const nameOf = ({ class: of, name }) => (of === undefined ? name : `${of}.${name}`);

/** A path in Rust: what a test may be made of. */
const PATH = /^(?:r#)?[\p{XIDS}_]\p{XIDC}*(?:::(?:r#)?[\p{XIDS}_]\p{XIDC}*)*$/u;

/**
 * The path of a call in the crate. In a build that aborts, a call has the name of its export.
 * @param {Callee} call
 */
function pathOf({ class: of, name, export: exported }) {
  const path = exported?.includes('::') ? exported.replace(/^.*?::/s, '') : of === undefined ? name : `${of}::${name}`;
  if (!PATH.test(path)) throw new Unusable(`${path} is no path in Rust; use --test=node`);
  return ['crate', ...path.split('::')];
}

/** @param {unknown} value */
const brief = (value) => inspect(value, { depth: 2, maxArrayLength: 8, maxStringLength: 60, breakLength: Infinity });

/** A Rust string literal. @param {string} text */
function literal(text) {
  const escaped = Array.from(text.toWellFormed(), (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    if (letter === '"' || letter === '\\') return `\\${letter}`;
    return code >= 32 && code < 127 ? letter : `\\u{${code.toString(16)}}`;
  });
  return `"${escaped.join('')}"`;
}

/** The types of the elements of typed arrays. @type {Record<string, string>} */
const ELEMENTS = {
  Uint8Array: 'u8', Int8Array: 'i8', Uint8ClampedArray: 'u8', Uint16Array: 'u16', Int16Array: 'i16', Uint32Array: 'u32', Int32Array: 'i32',
  Float32Array: 'f32', Float64Array: 'f64', BigUint64Array: 'u64', BigInt64Array: 'i64',
};

/** A number as Rust writes it. @param {number} number @param {string} type */
function decimal(number, type) {
  if (Number.isNaN(number)) return `${type}::NAN`;
  if (!Number.isFinite(number)) return `${type}::${number < 0 ? 'NEG_' : ''}INFINITY`;
  return Number.isInteger(number) && !Object.is(number, -0) ? `${BigInt(number)}.0_${type}` : `${Object.is(number, -0) ? '-0.0' : number}_${type}`;
}

/** An argument in Rust; which type it is of is the method's to say. @param {any} value @returns {string} */
function rust(value) {
  switch (typeof value) {
    case 'string': return `${literal(value)}.into()`;
    case 'boolean': return String(value);
    case 'bigint': return `${value}_i128 as _`;
    case 'number': return Number.isSafeInteger(value) && !Object.is(value, -0) ? `${value}_i64 as _` : `${decimal(value, 'f64')} as _`;
    case 'undefined': return 'None';
    default: break;
  }
  if (value === null) return 'None';
  const type = ELEMENTS[value[Symbol.toStringTag]];
  if (type === undefined) throw new Unusable(`${brief(value)} can't be written in Rust; use --test=node`);
  const elements = Array.from(value, (one) => (type.startsWith('f') ? decimal(Number(one), type) : `${one}_${type}`));
  return `(&[${elements.length === 0 ? `0_${type}; 0` : elements.join(', ')}] as &[${type}]).into()`;
}

/**
 * A test in Rust, for the crate's own sources, that fails as the call does. It needs the state before the
 * call, and no journal.
 * @param {any} pkg
 * @param {Replay} replay
 */
export function testInRust(pkg, { capture: { call, failure }, object, args }) {
  const path = pathOf(call);
  const name = nameOf(call).replaceAll(/\W/g, '_').toLowerCase();
  const given = args.map(rust).join(', ');
  const lines = [`// ${plain(`${nameOf(call)} failed by a ${toldOf(failure)}`)}`, '#[test]', `fn ${name}_does_not_fail_any_more() {`];
  if (call.kind === 'method' || call.kind === 'get') {
    const state = Array.from(/** @type {Uint8Array} */ (pkg.recovery.export(object)), (byte) => (byte >= 32 && byte < 127 && byte !== 34 && byte !== 92 ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`));
    lines.push(
      '    // The state before the call.', `    let state = b"${state.join('')}";`,
      '    #[allow(unused_mut)]', `    let mut object: ${path.slice(0, -1).join('::')} = recover_runtime::captured(state).unwrap();`,
      `    let _ = object.${path.at(-1)}(${given});`,
    );
  } else if (call.kind === 'set') {
    throw new Unusable('a field has no function in Rust; use --test=node');
  } else {
    lines.push(`    let _ = ${path.join('::')}(${given});`);
  }
  return `${[...lines, '}'].join('\n')}\n`;
}

/**
 * The same for `node --test`.
 * @param {Replay} replay
 * @param {string} file
 * @param {string} script of the package
 */
export function testInNode({ capture: { call, failure } }, file, script) {
  return `import { readFileSync } from 'node:fs';
import test from 'node:test';
import * as pkg from ${quoted(script)};

// It failed by a ${plain(toldOf(failure))}
test(${quoted(`${nameOf(call)} does not fail any more`)}, async () => {
  await pkg.default?.();
  const { call } = pkg.recovery.replay(readFileSync(${quoted(file)}), pkg);
  await call();
});
`;
}

async function main() {
  const { values } = parseArgs({
    options: {
      file: { type: 'string', default: '' }, package: { type: 'string', default: '' },
      inspect: { type: 'boolean', default: false }, json: { type: 'boolean', default: false }, test: { type: 'string' },
    },
  });
  const pkg = await load(values.package);
  let bytes;
  try {
    bytes = readFileSync(values.file);
  } catch (error) {
    throw new Unusable(`cannot read ${values.file}: ${/** @type {Error} */ (error).message}`);
  }
  const replay = prepared(pkg, bytes);
  const { capture, args } = replay;
  if (values.test !== undefined) {
    const script = readdirSync(values.package).find((name) => name.endsWith('_bg.wasm'))?.replace('_bg.wasm', '.js') ?? '';
    process.stdout.write(values.test === 'rust' ? testInRust(pkg, replay) : testInNode(replay, resolve(values.file), join(resolve(values.package), script)));
    return 0;
  }
  const now = pkg.recovery.health().build;
  // The call of the capture follows: step into it.
  // eslint-disable-next-line no-debugger
  if (values.inspect) debugger;
  const { failure, stack, value, differs } = await made(replay);
  if (values.json) {
    console.log(quoted({ type: 'replay', id: capture.id, call: capture.call, captured: capture.failure, failure: failure ?? null, reproduced: differs === undefined, differs: differs ?? null, stack: stack ?? null }));
  } else {
    const say = (/** @type {string} */ line) => console.log(plain(line));
    say(`${nameOf(capture.call)}(${args.map(brief).join(', ')})`);
    if (capture.build !== undefined && now !== undefined && capture.build !== now) say(`  the capture is of build ${capture.build}, the package is build ${now}`);
    say(`  captured: ${toldOf(capture.failure)}`);
    say(`  now:      ${failure === undefined ? brief(value) : toldOf(failure)}`);
    for (const line of stack?.split('\n') ?? []) say(`    ${line}`);
    say(`replay: ${differs === undefined ? 'it fails the same' : differs}`);
  }
  return differs === undefined ? 0 : 1;
}

if (process.argv[1] !== undefined && basename(process.argv[1]) === 'replay.mjs' && import.meta.url === pathToFileURL(process.argv[1]).href) {
  process.exitCode = await main().catch((error) => {
    if (!(error instanceof Unusable)) throw error;
    console.error(`error: ${plain(error.message)}`);
    return 2;
  });
}
