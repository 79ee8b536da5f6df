// @ts-check
// Light, dark, or what the system says. Kept for the next visit, where that is allowed.

const THEMES = ['system', 'light', 'dark'];
const KEY = 'recover-lab-theme';

/** @param {HTMLButtonElement} toggle */
export function theme(toggle) {
  const show = (/** @type {string} */ name) => {
    document.documentElement.dataset.theme = name;
    toggle.textContent = `Theme: ${name}`;
  };
  /** @type {string | null} */
  let kept = null;
  try {
    kept = localStorage.getItem(KEY);
  } catch {
    // No storage, no memory.
  }
  show(THEMES.find((name) => name === kept) ?? 'system');
  toggle.addEventListener('click', () => {
    const now = document.documentElement.dataset.theme ?? 'system';
    const next = THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] ?? 'system';
    show(next);
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // As above.
    }
  });
}
