// What can be chosen of two answers, by click or by key, wherever two stand side by side.
import { button, h } from './dom.js';
import { words } from './words.js';

const W = words.choice;

/** a is the answer on the left, b the one on the right. */
const CHOICES = [
  ['a', W.left, ['1', 'ArrowLeft']],
  ['b', W.right, ['2', 'ArrowRight']],
  ['tie', W.tie, ['3', 'ArrowUp']],
  ['both_bad', W.bad, ['4', 'ArrowDown']],
];

/** line shows the call that a choice makes, which callOf(choice) answers. */
export function choiceButtons(choose, line, callOf) {
  return CHOICES.map(([choice, label, [key]]) =>
    line.of(button([label, h('kbd', { 'aria-hidden': 'true' }, key)], () => choose(choice)), () => callOf(choice)));
}

/** Whether a key is meant for something else: a text, a dialog, the browser. */
export function isElsewhere(event) {
  return event.altKey || event.ctrlKey || event.metaKey || document.querySelector('dialog[open]')
    || event.target.closest('input, textarea, select');
}

/** The choice that a key stands for, if any. */
export function choiceOf(key) {
  return CHOICES.find(([, , keys]) => keys.includes(key))?.[0];
}
