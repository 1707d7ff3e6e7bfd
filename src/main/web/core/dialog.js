import { api } from './api.js';
import { button, fill, h } from './dom.js';
import { sameCall } from './same-call.js';
import { toast } from './toast.js';
import { words } from './words.js';

/**
 * Asks before a call that changes something: says what will happen, takes a reason, shows the same
 * call as a curl line, and makes it. Resolves to the answer, or null when it was called off.
 *
 * ask: {title, what, label, danger, method, path(reason), body(reason), reason: 'needed'|'none', done}
 */
export function askAndCall(ask) {
  return new Promise((resolve) => {
    const needsReason = ask.reason !== 'none';
    const reason = h('input', { type: 'text', maxlength: '500', required: needsReason, autocomplete: 'off' });
    const error = h('p.error', { role: 'alert', hidden: true });
    const call = () => [ask.method ?? 'POST', ask.path(reason.value.trim()), ask.body?.(reason.value.trim())];
    const line = sameCall(call);
    const confirm = h('button', { type: 'submit', class: ask.danger ? 'danger' : 'primary' }, ask.label);
    const form = h('form', { method: 'dialog', onsubmit: run },
      h('h2#ask-title', ask.title),
      h('p', ask.what),
      needsReason && h('label', words.common.reason, reason),
      line.root,
      error,
      h('div.actions', button(words.common.cancel, () => end(null)), confirm));
    const dialog = h('dialog', { 'aria-labelledby': 'ask-title', oncancel: () => end(null) }, form);
    reason.addEventListener('input', line.show);

    async function run(event) {
      event.preventDefault();
      confirm.disabled = true;
      fill(confirm, words.common.working);
      const [method, path, body] = call();
      try {
        const answer = method === 'DELETE' ? await api.del(path, { body })
          : method === 'PUT' ? await api.put(path, body)
            : await api.post(path, body, { headers: { 'Idempotency-Key': crypto.randomUUID() } });
        toast(ask.done ?? words.common.done, 'good');
        end(answer ?? true);
      } catch (failed) {
        confirm.disabled = false;
        fill(confirm, ask.label);
        error.hidden = false;
        fill(error, failed.message);
      }
    }

    function end(answer) {
      dialog.close();
      dialog.remove();
      resolve(answer);
    }

    document.body.append(dialog);
    dialog.showModal();
    (needsReason ? reason : confirm).focus();
  });
}
