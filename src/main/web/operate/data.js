import { api, at } from '../core/api.js';
import { saveFile } from '../core/copy.js';
import { askAndCall } from '../core/dialog.js';
import { button, fill, foreign, h } from '../core/dom.js';
import { count, percent } from '../core/format.js';
import { sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { source, table } from './parts.js';
import { votesSections } from './votes.js';

const W = words.data;
const EXPORT = '/preferences?format=jsonl';
const IMPORT = '/preferences/import';
const RATINGS = '/feedback?form=text';
const OF_USER = '/users/data';

/** Export, import and erasure of users' data, the newest votes and thumbs. */
export async function render(root) {
  const votes = votesSections();
  fill(root, h('div.head', h('h1', W.title)),
    h('div.grid.section', exportCard(), importCard(votes.list), userCard()), votes.root);
  await votes.list();
}

function exportCard() {
  const load = (label, form) => h('a', { href: at(`${EXPORT}&form=${form}`), download: `votes-${form}.jsonl` }, label);
  return h('section.card.third', h('h2', W.export), h('p', W.exportWhat),
    h('p.actions', load(W.asText, 'text'), load(W.asMessages, 'messages')), source(EXPORT),
    h('p', W.exportRatings), h('p.actions', h('a', { href: at(RATINGS), download: 'ratings.jsonl' }, W.asText)), source(RATINGS));
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
      const report = await api.upload(IMPORT, chosen, 'application/x-ndjson', (part) => {
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
  return h('section.card.third', h('h2', W.import), h('p', W.importWhat), drop, file, state,
    sameCall(() => ['POST', IMPORT, undefined, 'pairs.jsonl']).root);
}

/** What is stored of one user: to take away, or to erase. */
function userCard() {
  const user = h('input', { type: 'text', required: true, maxlength: '200', autocomplete: 'off' });
  const state = h('p', { role: 'status' });
  const save = button(W.userExport, take);
  const dataOf = (more = '') => `${OF_USER}?user=${encodeURIComponent(user.value.trim())}&limit=200${more}`;
  const line = sameCall(() => ['GET', dataOf()], W.userExport);
  const form = h('form', { onsubmit: erase, oninput: line.show }, h('label', W.user, user),
    h('div.actions', save, h('button.danger', { type: 'submit' }, W.eraseGo)), line.root);

  async function take() {
    if (!form.reportValidity()) return;
    const name = user.value.trim();
    const rows = [];
    save.disabled = true;
    try {
      let next = null;
      do {
        fill(state, W.taken(count(rows.length)));
        const page = await api.get(dataOf(next ? `&cursor=${encodeURIComponent(next)}` : ''));
        rows.push(...page.items);
        next = page.next;
      } while (next);
      if (rows.length) saveFile(rows.map((row) => JSON.stringify(row) + '\n').join(''), 'application/x-ndjson', 'user.jsonl');
      fill(state, rows.length ? W.userSaved(count(rows.length)) : W.userNone(name));
    } catch (failed) {
      fill(state, h('span.error', failed.message));
    }
    save.disabled = false;
  }

  async function erase(event) {
    event.preventDefault();
    const name = user.value.trim();
    const report = await askAndCall({
      title: W.eraseTitle(name), what: W.eraseConfirm, label: W.eraseGo, danger: true, method: 'DELETE', reason: 'none',
      path: () => OF_USER, body: () => ({ user: name }),
    });
    if (report) fill(state, W.erased(report));
  }
  return h('section.card.third', h('h2', W.ofUser), h('p', W.ofUserWhat), form, state);
}
