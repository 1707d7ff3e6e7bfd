import { api, at } from '../core/api.js';
import { askAndCall } from '../core/dialog.js';
import { fill, foreign, h } from '../core/dom.js';
import { percent } from '../core/format.js';
import { sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { source, table } from './parts.js';
import { votesSections } from './votes.js';

const W = words.data;
const EXPORT = '/preferences?format=jsonl';
const IMPORT = '/preferences/import';
const RATINGS = '/feedback?form=text';

/** Export, import and erasure of users' data, the newest votes and thumbs. */
export async function render(root) {
  const votes = votesSections();
  fill(root, h('div.head', h('h1', W.title)),
    h('div.grid.section', exportCard(), importCard(votes.list), eraseCard()), votes.root);
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
