import { api } from '../core/api.js';
import { askAndCall } from '../core/dialog.js';
import { fill, foreign, h } from '../core/dom.js';
import { percent, when } from '../core/format.js';
import { words } from '../core/words.js';
import { empty, pagedList, section, source, table, tag } from './parts.js';

const W = words.data;
const SHOWN = 160;
const EXPORT = '/preferences?format=jsonl';

/** Export, import and erasure of users' data, and the newest votes. */
export async function render(root) {
  const votes = h('div.card');
  const tagField = h('input', { type: 'text', maxlength: '200' });
  const user = h('input', { type: 'text', maxlength: '200' });
  const filter = h('form.fields', { onsubmit: (event) => { event.preventDefault(); list(); } },
    h('label', W.filterUser, user), h('label', W.filterTag, tagField), h('button', { type: 'submit' }, words.audit.filter));
  fill(root, h('div.head', h('h1', W.title)),
    h('div.grid.section', exportCard(), importCard(list), eraseCard()), section(W.votes, filter, votes));
  await list();

  async function list() {
    const query = new URLSearchParams({ order: 'newest', limit: '20' });
    if (tagField.value.trim()) query.set('tag', tagField.value.trim());
    if (user.value.trim()) query.set('user', user.value.trim());
    await pagedList(votes, '/preferences?' + query, (rows) => (rows.length ? voteTable(rows) : empty(W.empty)));
  }
}

function voteTable(rows) {
  return table([
    { head: W.when, nowrap: true, cell: (r) => when(r.recorded_at) },
    { head: W.choice, cell: (r) => tag(words.choice.names[r.choice] ?? r.choice) },
    { head: W.prompt, text: true, cell: (r) => foreign((r.messages?.at(-1)?.content ?? r.prompt).slice(0, SHOWN)) },
    { head: words.choice.left, text: true, cell: (r) => foreign(r.a.text.slice(0, SHOWN)) },
    { head: words.choice.right, text: true, cell: (r) => foreign(r.b.text.slice(0, SHOWN)) },
    { head: W.versions, nowrap: true, cell: (r) => `${r.policies.a}, ${r.policies.b}` },
    { head: W.who, text: true, cell: (r) => foreign(r.user) },
  ], rows, W.votes);
}

function exportCard() {
  const load = (label, form) => h('a', { href: `${EXPORT}&form=${form}`, download: `votes-${form}.jsonl` }, label);
  return h('section.card.third', h('h2', W.export), h('p', W.exportWhat),
    h('p.actions', load(W.asText, 'text'), load(W.asMessages, 'messages')), source(EXPORT));
}

function importCard(done) {
  const file = h('input', { type: 'file', accept: '.jsonl,.ndjson,.json', hidden: true, 'aria-label': W.import });
  const state = h('div', { role: 'status' });
  const drop = h('div.drop', { tabindex: '0', role: 'button', onclick: () => file.click() }, W.drop);
  drop.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      file.click();
    }
  });
  drop.addEventListener('dragover', (event) => { event.preventDefault(); drop.classList.add('over'); });
  drop.addEventListener('dragleave', () => drop.classList.remove('over'));
  drop.addEventListener('drop', (event) => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer.files[0]) send(event.dataTransfer.files[0]);
  });
  file.addEventListener('change', () => { if (file.files[0]) send(file.files[0]); });

  async function send(chosen) {
    const bar = h('progress', { max: '1', value: '0', 'aria-label': W.import });
    const said = h('p.soft', W.sending('0 %'));
    fill(state, bar, said);
    try {
      const report = await api.upload('/preferences/import', chosen, 'application/x-ndjson', (part) => {
        bar.value = part;
        said.textContent = part < 1 ? W.sending(percent(part)) : W.working;
      });
      fill(state, h('p', W.report(report)), report.errors.length > 0 && table([
        { head: W.line, number: true, cell: (e) => e.line },
        { head: W.problem, text: true, cell: (e) => foreign(e.detail) },
      ], report.errors, W.problem));
      await done();
    } catch (failed) {
      fill(state, h('p.error', failed.message));
    }
    file.value = '';
  }
  return h('section.card.third', h('h2', W.import), h('p', W.importWhat), drop, file, state);
}

function eraseCard() {
  const user = h('input', { type: 'text', required: true, maxlength: '200', autocomplete: 'off' });
  const state = h('p', { role: 'status' });
  const form = h('form', { onsubmit: erase }, h('label', W.user, user), h('button', { type: 'submit' }, W.eraseGo));
  async function erase(event) {
    event.preventDefault();
    const name = user.value.trim();
    const report = await askAndCall({
      title: W.eraseTitle(name), what: W.eraseConfirm, label: W.eraseGo, danger: true, method: 'DELETE', reason: 'none',
      path: () => `/users/${encodeURIComponent(name)}/data`,
    });
    if (report) fill(state, W.erased(report));
  }
  return h('section.card.third', h('h2', W.erase), h('p', W.eraseWhat), form, state);
}
