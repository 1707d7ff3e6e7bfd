import { fill, foreign, h } from '../core/dom.js';
import { clock } from '../core/format.js';
import { words } from '../core/words.js';
import { empty, json, pagedList, pending, table } from './parts.js';

const W = words.audit;
const FILTERS = ['actor', 'action', 'subject', 'version'];

/** Who did what, when, to what. */
export async function render(root) {
  const fields = FILTERS.map((name) => h('input', { type: 'text', maxlength: '200', autocomplete: 'off', name }));
  const word = h('input', { type: 'search', placeholder: W.filterHint, oninput: () => list?.redraw() });
  const host = pending();
  const form = h('form.fields.wide', { onsubmit: (event) => { event.preventDefault(); load(); } },
    fields.map((field) => h('label', W[field.name], field)), h('label', W.word, word), h('button', { type: 'submit' }, W.filter));
  fill(root, h('div.head', h('h1', W.title)), form, host);
  let list = null;
  await load();

  async function load() {
    const query = new URLSearchParams({ limit: '200' });
    for (const field of fields) {
      if (field.value.trim()) query.set(field.name, field.value.trim());
    }
    list = await pagedList(host, '/audit?' + query, (rows) => auditTable(rows.filter(matches)));
  }

  function matches(row) {
    const wanted = word.value.trim().toLowerCase();
    return !wanted || [row.actor, row.action, row.subject, row.version, JSON.stringify(row.detail)]
      .some((text) => text?.toLowerCase().includes(wanted));
  }
}

function auditTable(rows) {
  return rows.length ? table([
    { head: W.at, nowrap: true, cell: (r) => clock(r.at) },
    { head: W.actor, nowrap: true, cell: (r) => foreign(r.actor) },
    { head: W.action, nowrap: true, cell: (r) => r.action },
    { head: W.subject, text: true, cell: (r) => foreign(r.subject) },
    { head: W.version, cell: (r) => r.version ?? '–' },
    { head: W.detail, text: true, cell: (r) => [r.detail.reason && h('div', foreign(r.detail.reason)),
      Object.keys(r.detail).some((k) => k !== 'reason') && h('details', h('summary', W.detail), json(r.detail))] },
  ], rows, W.title) : empty(W.empty);
}
