import { api } from './core/api.js';
import { fill, h } from './core/dom.js';
import { words } from './core/words.js';

/** The form for a key, and how to get in without one. */
export function signIn(main, done) {
  const key = h('input', { type: 'password', name: 'key', autocomplete: 'off', spellcheck: 'false', required: true, maxlength: '100' });
  const error = h('p.error', { role: 'alert', hidden: true });
  const go = h('button.primary', { type: 'submit' }, words.signIn.go);
  const form = h('form', { onsubmit: submit },
    h('label', words.signIn.key, key), error, h('div.actions', go));
  fill(main, h('div.welcome',
    h('h1', words.signIn.title), h('p', words.signIn.why), h('p', words.signIn.how), form, h('p.soft', words.signIn.kept)));

  async function submit(event) {
    event.preventDefault();
    go.disabled = true;
    try {
      await api.post('/session', { key: key.value });
      key.value = '';
      await done();
    } catch (failed) {
      error.hidden = false;
      fill(error, failed.message);
      go.disabled = false;
    }
  }
}
