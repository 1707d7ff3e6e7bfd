// The calls that an action makes, as lines for a shell, under the action itself.
import { curl } from './api.js';
import { copy } from './copy.js';
import { button, fill, h } from './dom.js';
import { words } from './words.js';

/**
 * call() answers [method, path, body, file], or several of them; it is asked while the lines are seen, and show() asks it
 * again when something has changed. what, if any, tells this call from others close by.
 */
export function sameCall(call, what = '') {
  const line = h('code.line');
  const root = h('details.same-call', { ontoggle: show },
    h('summary', words.common.sameCall, what && `: ${what}`),
    h('div.curl', line, button(words.common.copy, () => copy(text()), { kind: 'small' })));
  return { root, show };

  function text() {
    const calls = call();
    return (Array.isArray(calls[0]) ? calls : [calls]).map((one) => curl(...one)).join('\n');
  }

  function show() {
    if (root.open) fill(line, text());
  }
}

/** One line for several actions: it shows the call of the one that was pointed at or focused last, the first at the start. */
export function nearCall(what = '') {
  let near = null;
  const line = sameCall(() => near(), what);
  return {
    ...line,
    /** Tells the call of an action; answers the action. */
    of(action, call) {
      near ??= call;
      const turn = () => { near = call; line.show(); };
      action.addEventListener('focus', turn);
      action.addEventListener('pointerenter', turn);
      return action;
    },
  };
}
