// The page: a shelf, and two buttons that break it.
import init, { Shelf } from './pkg/{{stem}}.js';
import { attempt } from './attempt.js';

await init();
const shelf = new Shelf();

/** @param {string} selector @returns {HTMLElement} */
function find(selector) {
  const found = document.querySelector(selector);
  if (!(found instanceof HTMLElement)) throw new Error(`the page has no ${selector}`);
  return found;
}

/** @param {string} title */
function add(title) {
  const item = document.createElement('li');
  item.textContent = shelf.at(shelf.add(title));
  find('#titles').append(item);
}

/** @param {() => unknown} action */
function show(action) {
  find('#said').textContent = attempt(action);
}

find('#add').addEventListener('submit', (event) => {
  event.preventDefault();
  const form = /** @type {HTMLFormElement} */ (event.target);
  add(String(new FormData(form).get('title')));
  form.reset();
});
find('#find').addEventListener('click', () => show(() => shelf.find('Dune')));
find('#panic').addEventListener('click', () => show(() => shelf.at(1_000)));
add('Emma');
