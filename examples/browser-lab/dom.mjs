// @ts-check
// Elements in few words. Nothing of the lab is known here.

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {{ class?: string, text?: string, data?: Record<string, string>, attributes?: Record<string, string> }} [options]
 * @param {(Node | string)[]} children
 */
export function make(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  if (options.class !== undefined) element.className = options.class;
  if (options.text !== undefined) element.textContent = options.text;
  Object.assign(element.dataset, options.data);
  for (const [name, value] of Object.entries(options.attributes ?? {})) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/**
 * @param {string} text
 * @param {() => unknown} press
 * @param {Parameters<typeof make>[1]} [options]
 */
export function button(text, press, options = {}) {
  const element = make('button', { ...options, text });
  element.type = 'button';
  element.addEventListener('click', press);
  return element;
}

/** @param {string} id */
export function byId(id) {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}
