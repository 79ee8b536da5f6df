// @ts-check
// Upgrades: a planned end after which the next instance is one of another module, with all objects that
// persist. A package has this module by the feature `durable` of recover-runtime. It knows the order of the
// steps; what a step does stands where its state is (instance.js, records.js, objects.js, tasks.js).
//
// Nothing is touched before it is known that the other module fits this glue, and can be instantiated. From
// the end of the old instance on nothing waits: no call comes between. Until every object has come into the
// new instance, the old module can go on from the same records, which have no addresses then.

import { nameErrors, RecoverErrorClass } from './errors.js';
import { linksOf } from './host.js';
import { forgetNumbers, stateAt } from './objects.js';
import { flatAgain, flatten, proveAll, unwritten } from './records.js';
import { underWay } from './tasks.js';

const links = linksOf();

/**
 * What `cargo recover build` says of a module's face, in a section (recover-cli's face.rs): four lines. The functions that stacks leave
 * out; what its glue has; the exports that this calls; the others.
 */
const SECTION = 'recover_face';

/** How long asynchronous calls may take to end, in milliseconds. */
const WAIT = 5000;

class UpgradeError extends RecoverErrorClass {}
nameErrors({ 'UpgradeError': UpgradeError });
export { UpgradeError as UpgradeErrorClass };

/** @param {string} message @param {unknown} [cause] @param {string} [className] of the object that the new code refuses */
function failure(message, cause, className) {
  const error = new UpgradeError(message, 'E_UPGRADE', 'upgrade', cause === undefined ? undefined : { cause });
  return Object.assign(error, { class: className });
}

/** The message of what was thrown. @param {unknown} thrown */
const saying = (thrown) => (thrown instanceof Error ? thrown.message : String(thrown));

/** @typedef {{ own: string, needs: string[], calls: string[], gives: Set<string> }} Face */

/** What a module says of its face. @param {WebAssembly.Module} module @returns {Face | undefined} */
function faceOf(module) {
  const [section] = WebAssembly.Module.customSections(module, SECTION);
  if (section === undefined) return undefined;
  const [own = '', ...lines] = new TextDecoder().decode(section).split('\n');
  const [needs = [], calls = [], spare = []] = lines.map((line) => line.match(/.{8}/g) ?? []);
  return { own, needs, calls, gives: new Set([...calls, ...spare]) };
}

/** The face of the module that came with the glue: what that has, and calls. @type {Face | undefined} */
let first;

/**
 * Whether a module fits the glue.
 * @param {Face} face
 * @param {Face | undefined} glue
 */
function fits({ needs, gives }, glue) {
  const has = new Set(glue?.needs);
  return glue !== undefined && needs.every((part) => has.has(part)) && glue.calls.every((part) => gives.has(part));
}

/** The module of what `upgrade` was given. @param {any} given @returns {Promise<WebAssembly.Module>} */
async function compiled(given) {
  if (given instanceof WebAssembly.Module) return given;
  if (typeof given === 'string' || (typeof URL === 'function' && given instanceof URL) || (typeof Request === 'function' && given instanceof Request)) {
    given = await (links.gate?.glue.fetch ?? fetch)(given);
  }
  if (typeof Response === 'function' && given instanceof Response) {
    if (!given.ok) throw failure(`recovery.upgrade() got ${given.status} ${given.statusText} from ${given.url || 'the server'} and not the module; serve the .wasm file there`);
    given = await given.arrayBuffer();
  }
  if (!ArrayBuffer.isView(given) && !(given instanceof ArrayBuffer)) {
    throw new TypeError('recovery.upgrade() takes a WebAssembly.Module, its bytes, a Response or a URL');
  }
  try {
    return await WebAssembly.compile(/** @type {BufferSource} */ (given));
  } catch (cause) {
    throw failure(`recovery.upgrade() got no module that this engine takes: ${saying(cause)}`, cause);
  }
}

/** The last upgrade, over or not: the next one waits for it. @type {Promise<unknown>} */
let last = Promise.resolve();

/**
 * As types.d.ts says.
 * @param {any} given
 * @param {{ wait?: number }} [options]
 */
async function upgrade(given, { wait = WAIT } = {}) {
  const source = Promise.resolve(given);
  // Of a call that is refused nobody hears what becomes of it.
  source.catch(() => {});
  const { gate } = links;
  if (gate?.revives !== true || gate.glue.module === undefined) {
    throw links.unsupported('recovery.upgrade() needs a package that can make another instance; build it for web, module or nodejs');
  }
  if (!(wait >= 0)) throw new RangeError('recovery.upgrade() takes { wait }, which is milliseconds');
  if (gate.unloaded) throw gate.refusal();
  const module = await compiled(await source);
  const turn = last.then(() => steps(gate, module, wait));
  // Whoever comes next has nothing to do with how this one ends.
  last = turn.catch(() => {});
  return turn;
}

/** @param {import('./links').Supervisor} gate @param {WebAssembly.Module} module @param {number} wait */
async function steps(gate, module, wait) {
  const { glue } = gate;
  const face = faceOf(module);
  if (face === undefined) {
    throw failure('recovery.upgrade() takes the module of a package that cargo recover built with the feature `durable`; this is none');
  }
  first ??= faceOf(/** @type {WebAssembly.Module} */ (glue.module?.()));
  if (!fits(face, first)) {
    throw failure('the new module has another face than the JavaScript beside the old one: it imports what this has not, or exports other things, or its recover-runtime is another; load the new package as a whole, with the objects by recovery.export() and import()');
  }
  const imports = /** @type {WebAssembly.Imports} */ (glue.imports?.());
  named(imports, module);
  /** @type {WebAssembly.Instance} */
  let instance;
  try {
    instance = await WebAssembly.instantiate(module, imports);
  } catch (cause) {
    throw failure(`the new module can't be instantiated: ${saying(cause)}`, cause);
  }
  /** @type {() => void} */
  let open = () => {};
  /** @type {Promise<void>} */
  const opened = new Promise((resolve) => { open = resolve; });
  // A call that waits is the one that it was: it has its key.
  gate.waits = { then: (run) => opened.then(links.keepKey(run)) };
  const began = now();
  try {
    await drained(gate, wait);
    // It may have ended by itself meanwhile, and the next one may be on its way.
    await gate.pending;
    return switched(gate, module, face.own, instance, now() - began);
  } finally {
    gate.waits = undefined;
    open();
  }
}

/**
 * Folders of snippets are named by a hash of the crate and its version, and a new version number is no other face: its imports are found under
 * their new names, too.
 * @param {WebAssembly.Imports} imports
 * @param {WebAssembly.Module} module
 */
function named(imports, module) {
  const neutral = (/** @type {string} */ key) => key.replace(/-[0-9a-f]{16}\//, '/');
  const known = new Map(Object.entries(imports).map(([key, given]) => [neutral(key), given]));
  for (const { module: key } of WebAssembly.Module.imports(module)) {
    const given = known.get(neutral(key));
    if (given !== undefined) imports[key] ??= given;
  }
}

/** Milliseconds. */
const now = () => (globalThis.performance ?? Date).now();

/** Waits until no asynchronous call is under way, and no longer than `wait`. @param {import('./links').Supervisor} gate @param {number} wait */
async function drained(gate, wait) {
  if (underWay() === 0 || wait === 0) return;
  await new Promise((/** @type {(value?: unknown) => void} */ resolve) => {
    // As long as there is no number for more.
    const timer = wait < 2 ** 31 ? setTimeout(resolve, wait) : undefined;
    gate.onSettled = () => {
      if (underWay() !== 0) return;
      clearTimeout(timer);
      resolve();
    };
  });
  gate.onSettled = undefined;
}

/**
 * Makes the next instance, though there were too many: it is there to be read, and nobody hears of it, since who hears may be why there
 * were too many.
 * @param {import('./links').Supervisor} gate
 */
function uncounted(gate) {
  gate.limited = false;
  gate.times = [];
  gate.trial = { isQuiet: true, prove() {}, failed() {} };
  try {
    gate.asked();
  } finally {
    gate.trial = undefined;
  }
}

/** How many objects that persist there are. */
const objects = () => Object.values(links.classes()).reduce((sum, count) => sum + count, 0);

/**
 * From one module to the other, while no call is on the stack. Throws if the old one goes on.
 * @param {import('./links').Supervisor} gate
 * @param {WebAssembly.Module} module
 * @param {string} own the functions of it that stacks leave out
 * @param {WebAssembly.Instance} instance of it
 * @param {number} waited
 */
function switched(gate, module, own, instance, waited) {
  const glue = /** @type {Required<import('./links').Glue>} */ (gate.glue);
  const { facts } = links;
  const [old, oldOwn, previous] = [glue.module(), facts.own, links.build()];
  const { disposed } = gate;
  const began = now();
  // This is a microtask, which has no frame of wasm below it: what is counted was cut.
  gate.depth = 0;
  // Journals are read by the code that wrote them.
  if (gate.dead) uncounted(gate);
  // Calls are named for their stores by the code that made them.
  links.gatherAll();
  /** @type {ReturnType<typeof flatten>} */
  let flat;
  try {
    flat = flatten(stateAt);
  } catch (thrown) {
    const { className, reason } = /** @type {import('./records').Refusal} */ (thrown);
    throw failure(`the state of a ${className} can't be written: ${saying(reason)}; the old module goes on`, reason, className);
  }
  const rejected = underWay();
  const stale = forgetNumbers() + unwritten();
  const ends = () => {
    if (!gate.abandoned) gate.abort(links.aborted(undefined, 'recovery.upgrade() ended the instance under this call'), '', undefined, true);
  };
  /** What it was not kept for. */
  let refused = /** @type {{ reason: any, made: boolean } | undefined} */ (undefined);
  const next = (/** @type {WebAssembly.Module} */ code, /** @type {string} */ frames, /** @type {() => void} */ prove) => {
    // One that was made ahead is of the module before.
    gate.spare.drop();
    glue.module(code);
    facts.own = frames;
    refused = undefined;
    gate.trial = { prove, failed(reason, made) { refused = { reason, made }; } };
    try {
      gate.revive();
    } finally {
      gate.trial = undefined;
    }
    return /** @type {{ reason: any, made: boolean } | undefined} */ (refused);
  };
  ends();
  const { end } = gate;
  gate.prepared = instance;
  /** @type {Error | undefined} */
  let fault;
  const why = next(module, own, () => {
    proveAll();
    fault = links.journalFault?.();
    if (fault !== undefined) throw fault;
  });
  // Nothing that was made on trial gets into a store.
  if (why !== undefined) flatAgain(flat);
  links.gatherAll();
  if (why === undefined) {
    const { epoch } = gate;
    const report = { build: links.build(), previous, epoch, revived: objects(), stale, rejected, waited, duration: now() - began };
    if (disposed) gate.dispose();
    return report;
  }
  // Of the new instance nothing has been seen.
  ends();
  forgetNumbers();
  gate.end = end;
  const lost = next(old, oldOwn, () => {});
  if (lost !== undefined) gate.notRevived(lost.reason, false, lost.made);
  const { className, reason = why.reason } = why.reason ?? {};
  const what = className !== undefined ? `refuses the state of a ${className}` : fault !== undefined ? 'can have no journal in a store' : 'ended while it started';
  throw failure(`the new module ${what}: ${saying(reason)}; the old module goes on`, reason, className);
}

links.upgrade = upgrade;
