// @ts-check
// The page: what a person types becomes edits of the notebook, which is in IndexedDB. What an edit does is for Rust; here is
// what is shown, and what is said of the store.
import init, { LeaseError, Notebook } from './pkg/notebook.js';
import { IndexedDbStore } from './pkg/stores/indexeddb.js';
import { difference } from './difference.mjs';

/** @template {HTMLElement} T @param {string} id @param {new () => T} type @returns {T} */
function element(id, type) {
  const found = document.getElementById(id);
  if (!(found instanceof type)) throw new TypeError(`the page has no ${id}`);
  return found;
}
const area = element('text', HTMLTextAreaElement);
const pages = element('pages', HTMLElement);
const state = element('state', HTMLOutputElement);
const [add, undo] = [element('add', HTMLButtonElement), element('undo', HTMLButtonElement)];

/** @param {string} text */
const say = (text) => { state.value = text; };

/** Opens the notebook; of several tabs one has it, and the others wait for it. */
async function open() {
  const options = { create: () => new Notebook() };
  try {
    return await Notebook.open(new IndexedDbStore(), 'notebook', options);
  } catch (error) {
    if (!(error instanceof LeaseError)) throw error;
    say('open in another tab; it opens here when that one is closed');
    return Notebook.open(new IndexedDbStore({ wait: true }), 'notebook', options);
  }
}

/** Calls that are not in the store yet. */
let unsaved = 0;
/** The page that is shown, and what was on it when it was last looked at. */
let [page, shown] = [0, ''];

async function start() {
  await init();
  const notebook = await open();
  // What is on the screen may be ahead of the store: `saved` says when it is not.
  const ahead = notebook.with({ acknowledge: 'journaled' });

  /** Says how far the store is. @template T @param {Promise<T>} call @returns {Promise<T | undefined>} */
  const kept = async (call) => {
    unsaved += 1;
    say('saving');
    try {
      const value = await call;
      unsaved -= 1;
      if (unsaved === 0) say('saved');
      return value;
    } catch (error) {
      unsaved -= 1;
      // The notebook is as the store has it, which is what is shown from now on.
      await show(page).catch(() => { area.disabled = true; });
      say(String(error));
      return undefined;
    }
  };

  /** @param {number} number */
  async function show(number) {
    const [count, text] = await Promise.all([ahead.pages, ahead.text(number)]);
    [page, shown, area.value, area.disabled] = [number, text, text, false];
    pages.replaceChildren(...Array.from({ length: count }, (_, at) => {
      const button = Object.assign(document.createElement('button'), { type: 'button', textContent: `${at + 1}`, onclick: () => show(at) });
      if (at === number) button.setAttribute('aria-current', 'page');
      return button;
    }));
  }

  area.oninput = () => {
    const next = area.value.toWellFormed();
    const { at, removed, text } = difference(shown, next);
    shown = next;
    kept(notebook.edit(page, at, removed, text));
  };
  add.onclick = async () => {
    const added = await kept(notebook.add());
    if (added !== undefined) await show(added);
  };
  undo.onclick = async () => {
    const taken = kept(notebook.undo(page));
    await show(page);
    await taken;
  };

  if (await notebook.pages === 0) await notebook.add();
  await show(0);
  add.disabled = false;
  // The first version has none.
  undo.disabled = !('undo' in Notebook.prototype);
  say('saved');
}

start().catch((error) => say(String(error)));
