import { fill, foreign, h } from '../core/dom.js';
import { when } from '../core/format.js';
import { words } from '../core/words.js';
import { empty, link, pagedList, pending, section, table, tag } from './parts.js';

const W = words.data;
const SHOWN = 120;
const PAGE = '10';

/** The newest votes on pairs, and beside them the thumbs on single answers. */
export function votesSections() {
  const votes = pending();
  const ratings = pending();
  const tagField = h('input', { type: 'text', maxlength: '200' });
  const user = h('input', { type: 'text', maxlength: '200' });
  const filter = h('form.fields', { onsubmit: (event) => { event.preventDefault(); list(); } },
    h('label', W.filterUser, user), h('label', W.filterTag, tagField), h('button', { type: 'submit' }, words.audit.filter));
  return { root: h('div', filter, section(W.votes, votes), section(W.ratings, ratings)), list };

  async function list() {
    await Promise.all([
      pagedList(votes, '/preferences?' + query({ order: 'newest' }), (rows) => (rows.length ? voteTable(rows) : empty(W.empty, chat()))),
      pagedList(ratings, '/feedback/ratings?' + query({}), (rows) => (rows.length ? ratingTable(rows) : empty(W.noRatings, chat()))),
    ]);
  }

  function query(first) {
    const params = new URLSearchParams({ ...first, limit: PAGE });
    if (tagField.value.trim()) params.set('tag', tagField.value.trim());
    if (user.value.trim()) params.set('user', user.value.trim());
    return params;
  }
}

function chat() {
  return h('a', { href: '#/chat' }, words.nav.chat);
}

function prompt(row) {
  return foreign((row.messages?.at(-1)?.content ?? row.prompt).slice(0, SHOWN));
}

function said(row) {
  return [row.tags.length > 0 && h('div', row.tags.map((t) => [foreign(t, 'bdi.tag'), ' '])), row.comment && foreign(row.comment.slice(0, SHOWN))];
}

function voteTable(rows) {
  return table([
    { head: W.when, nowrap: true, cell: (r) => when(r.recorded_at) },
    { head: W.choice, cell: (r) => tag(words.choice.names[r.choice] ?? r.choice) },
    { head: W.prompt, text: true, cell: prompt },
    { head: words.choice.left, text: true, cell: (r) => foreign(r.a.text.slice(0, SHOWN)) },
    { head: words.choice.right, text: true, cell: (r) => foreign(r.b.text.slice(0, SHOWN)) },
    { head: W.versions, nowrap: true, cell: (r) => (r.policies ? `${r.policies.a}, ${r.policies.b}` : '–') },
    { head: W.who, text: true, cell: (r) => foreign(r.user) },
    { head: W.said, text: true, cell: said },
    // what came from a file was sampled elsewhere
    { head: W.again, nowrap: true, cell: (r) => !r.imported && link('replay', r.pair_id, W.replay) },
  ], rows, W.votes);
}

function ratingTable(rows) {
  return table([
    { head: W.when, nowrap: true, cell: (r) => when(r.recorded_at) },
    { head: W.rating, nowrap: true, cell: (r) => tag(words.feedback[r.rating]) },
    { head: W.prompt, text: true, cell: prompt },
    { head: W.answer, text: true, cell: (r) => foreign(r.text.slice(0, SHOWN)) },
    { head: W.edit, text: true, cell: (r) => (r.edit ? foreign(r.edit.slice(0, SHOWN)) : '–') },
    { head: W.versions, nowrap: true, cell: (r) => r.policy },
    { head: W.who, text: true, cell: (r) => foreign(r.user) },
    { head: W.said, text: true, cell: said },
    { head: W.again, nowrap: true, cell: (r) => link('replay', r.completion_id, W.replay) },
  ], rows, W.ratings);
}
