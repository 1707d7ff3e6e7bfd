import { button, h } from './dom.js';

const SHOWN = 5000;

/** Shows a sentence, or elements that make one, for a while; action, if any, is {label, run, seconds for which it can be taken}. */
export function toast(sentence, kind = '', action = null) {
  const box = h('div.toast', { class: kind || null }, h('span', sentence));
  if (action) {
    box.append(button(action.label, () => { box.remove(); action.run(); }, { kind: 'small' }));
  }
  document.getElementById('toasts').append(box);
  setTimeout(() => box.remove(), action?.seconds ? 1000 * action.seconds : SHOWN);
}
