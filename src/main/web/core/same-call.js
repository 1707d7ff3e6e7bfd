// The call that an action makes, as a line for a shell, under the action itself.
import { curl } from './api.js';
import { copy } from './copy.js';
import { button, fill, h } from './dom.js';
import { words } from './words.js';

/** call() answers [method, path, body, file]; show() draws the line anew when that has changed. */
export function sameCall(call) {
  const line = h('code.line');
  const show = () => fill(line, curl(...call()));
  show();
  const root = h('details.same-call', h('summary', words.common.sameCall),
    h('div.curl', line, button(words.common.copy, () => copy(line.textContent), { kind: 'small' })));
  return { root, show };
}
