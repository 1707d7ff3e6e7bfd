import { api } from '../core/api.js';
import { copy, saveFile } from '../core/copy.js';
import { askAndCall } from '../core/dialog.js';
import { button, fill, foreign, h } from '../core/dom.js';
import { when } from '../core/format.js';
import { sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { pagedList, pending, section, source, table, tag, words2 } from './parts.js';

const W = words.access;
const ROLES = ['chat', 'rater', 'operator', 'trainer'];

/** Keys and the browsers that are signed in. */
export async function render(root, { session }) {
  const keys = pending();
  const sessions = pending();
  fill(root, h('div.head', h('h1', W.title)), section(W.sessions, sessions), section(W.keys, createForm(listKeys), keys));
  await Promise.all([listKeys(), listSessions()]);

  async function listSessions() {
    const { items } = await api.get('/sessions');
    fill(sessions, table([
      { head: W.browser, text: true, cell: (s) => [foreign(s.client), ' ', s.id === session.id && h('span.tag.accent', W.self)] },
      { head: words.nav.signedInAs, nowrap: true, cell: (s) => s.key },
      { head: W.how, cell: (s) => W.origins[s.origin] },
      { head: W.used, nowrap: true, cell: (s) => when(s.last_used_at) },
      { head: W.until, nowrap: true, cell: (s) => when(s.expires_at) },
      { head: '', cell: (s) => button(W.end, () => end(s), { kind: 'small', 'aria-label': `${W.end}: ${s.client}` }) },
    ], items, W.sessions), source('/sessions'));
  }

  async function end(chosen) {
    const ended = await askAndCall({
      title: W.endTitle, what: W.endWhat, label: W.end, danger: true, method: 'DELETE', reason: 'none',
      path: () => '/sessions/' + encodeURIComponent(chosen.id),
    });
    if (ended) await listSessions();
  }

  async function listKeys() {
    await pagedList(keys, '/keys?limit=100', (rows) => table([
      { head: W.id, nowrap: true, cell: (k) => k.id },
      { head: W.role, cell: (k) => k.role },
      { head: W.note, text: true, cell: (k) => words2(k.note) },
      { head: W.made, nowrap: true, cell: (k) => when(k.created_at) },
      { head: W.used, nowrap: true, cell: (k) => when(k.last_used_at) },
      { head: W.state, cell: (k) => tag(k.revoked_at ? W.revoked : W.valid) },
      { head: '', cell: (k) => !k.revoked_at && button(W.revoke, () => revoke(k), { kind: 'small', 'aria-label': `${W.revoke} ${k.id}` }) },
    ], rows, W.keys));
  }

  async function revoke(key) {
    const revoked = await askAndCall({
      title: W.revokeTitle(key.id), what: W.revokeWhat, label: W.revoke, danger: true, method: 'DELETE', reason: 'none',
      path: () => '/keys/' + encodeURIComponent(key.id),
    });
    if (revoked) await Promise.all([listKeys(), listSessions()]);
  }
}

/** Makes a key. Its text never stands in the page: it goes to the clipboard or into a file. */
function createForm(done) {
  const role = h('select', ROLES.map((name) => h('option', { value: name }, name)));
  const note = h('input', { type: 'text', maxlength: '200', autocomplete: 'off' });
  const state = h('div', { role: 'status' });
  const body = () => ({ role: role.value, note: note.value.trim() || null });
  const line = sameCall(() => ['POST', '/keys', body()]);
  async function create(event) {
    event.preventDefault();
    try {
      const made = await api.post('/keys', body());
      note.value = '';
      line.show();
      fill(state, h('p', W.created), h('div.actions.section',
        button(W.copyKey, () => copy(made.key), { kind: 'primary' }),
        button(W.saveKey, () => saveFile(made.key + '\n', 'text/plain', made.id + '.txt'))));
      await done();
    } catch (failed) {
      fill(state, h('p.error', failed.message));
    }
  }
  return h('div', h('form.fields', { onsubmit: create, oninput: line.show },
    h('label', W.role, role), h('label', W.noteLabel, note), h('button', { type: 'submit' }, W.createGo)), line.root, state);
}
