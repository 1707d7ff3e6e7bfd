import { fill, foreign, h } from '../core/dom.js';
import { clock } from '../core/format.js';
import { words } from '../core/words.js';
import { empty, json, pagedList, table } from './parts.js';

const W = words.audit;
const PATH = '/audit?limit=200';

/** Who did what, when, to what. */
export async function render(root) {
  const filter = h('input', { type: 'search', placeholder: W.filterHint, 'aria-label': W.filter, oninput: () => list?.redraw() });
  const host = h('div.card');
  fill(root, h('div.head', h('h1', W.title)), h('label', W.filter, filter), host);
  let list = null;
  list = await pagedList(host, PATH, (rows) => auditTable(rows.filter(matches)));

  function matches(row) {
    const wanted = filter.value.trim().toLowerCase();
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
