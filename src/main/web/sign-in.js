import { api, at } from './core/api.js';
import { fill, h } from './core/dom.js';
import { words } from './core/words.js';

/** The form for a key, and how to get in without one; provider: what to call the one that signs in, if any. */
export function signIn(main, done, provider) {
  const refused = new URLSearchParams(location.search).get('error');
  const key = h('input', { type: 'password', name: 'key', autocomplete: 'off', spellcheck: 'false', required: true, maxlength: '100' });
  const error = h('p.error', { role: 'alert', hidden: true });
  const go = h('button.primary', { type: 'submit' }, words.signIn.go);
  const form = h('form', { onsubmit: submit },
    h('label', words.signIn.key, key), error, h('div.actions', go));
  fill(main, h('div.welcome',
    h('h1', words.signIn.title), h('p', words.signIn.why), h('p', words.signIn.how),
    refused && h('p.error', { role: 'alert' }, words.signIn.refused[refused] ?? words.signIn.refusedBy(refused)),
    provider && h('p', h('a.button', { href: at('/session/oidc') }, words.signIn.by(provider))), form, h('p.soft', words.signIn.kept)));

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
