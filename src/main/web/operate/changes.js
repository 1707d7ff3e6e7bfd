import { api } from '../core/api.js';
import { fill, foreign, h } from '../core/dom.js';
import { count, figure, percent } from '../core/format.js';
import { renderMarkdown } from '../core/markdown.js';
import { words } from '../core/words.js';
import { empty, section, source, table } from './parts.js';

const W = words.changes;

/** What a version writes differently from its parent and from v0. */
export async function render(root, { params: [version = 'champion'] }) {
  const path = `/policies/${encodeURIComponent(version)}/changes`;
  const changes = await api.get(path);
  fill(root, h('div.head', h('h1', W.title(changes.version))), h('p', W.intro),
    changes.against.length
      ? changes.against.map((other) => comparison(changes, other))
      : empty(W.empty, h('a', { href: '#/versions' }, words.nav.versions)),
    source(path));
}

function comparison(changes, other) {
  return section(W.against(other.version),
    h('p.soft', W.basis(count(changes.answers), count(other.answers), count(other.compared))),
    h('div.grid.section',
      number(W.tokens, figure(other.tokens.now), figure(other.tokens.before)),
      number(W.refusals, percent(other.refusals.now, 1), percent(other.refusals.before, 1)),
      number(W.ended, percent(other.ended.now), percent(other.ended.before))),
    h('div.grid.section',
      h('section.card.half', h('h3', W.words), features(other.words, W.words)),
      h('section.card.half', h('h3', W.endings), features(other.endings, W.endings))),
    other.prompts.length > 0 && [h('h3', W.prompts), other.prompts.map((asked) => beforeAfter(asked, changes.version, other.version))]);
}

function number(title, now, before) {
  return h('section.card.third', h('h3', title), h('p.big', now, ' ', h('span.soft', W.before(before))));
}

function features(rows, label) {
  return rows.length ? table([
    { head: W.text, text: true, cell: (f) => foreign(f.text) },
    { head: W.now, number: true, cell: (f) => percent(f.now) },
    { head: W.was, number: true, cell: (f) => percent(f.before) },
    { head: W.logOdds, number: true, cell: (f) => signed(f.log_odds) },
    { head: 'z', number: true, cell: (f) => signed(f.z) },
  ], rows, label) : empty(W.noFeature);
}

function signed(value) {
  return (value > 0 ? '+' : '−') + figure(Math.abs(value));
}

function beforeAfter(asked, version, other) {
  const text = (written) => {
    const body = h('div.markdown');
    renderMarkdown(body, written);
    return body;
  };
  return h('details.card.asked', h('summary', foreign(asked.messages?.at(-1)?.content ?? asked.prompt)),
    h('div.sides', h('section.side', { 'aria-label': other }, h('h4', other), text(asked.before)),
      h('section.side', { 'aria-label': version }, h('h4', version), text(asked.after))));
}
