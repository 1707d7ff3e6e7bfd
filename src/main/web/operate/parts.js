// What the operator's pages share.
import { api, at, curl } from '../core/api.js';
import { copy } from '../core/copy.js';
import { button, fill, foreign, h } from '../core/dom.js';
import { toast } from '../core/toast.js';
import { words } from '../core/words.js';

const STATUS = {
  ready: 'good', candidate: 'accent', held: 'warn', rejected: 'bad',
  queued: '', running: 'accent', succeeded: 'good', failed: 'bad', cancelled: 'warn',
  gating: 'accent', awaiting_approval: 'warn', duelling: 'accent', promoted: 'good', inconclusive: 'warn',
  superseded: 'warn', aborted: 'bad', rolled_back: 'bad', pass: 'good', fail: 'bad', valid: 'good', revoked: 'bad',
};

export function tag(status) {
  return h('span.tag', { class: STATUS[status] || null }, String(status).replaceAll('_', ' '));
}

/** A card whose numbers are on their way. */
export function pending(selector = 'div.card') {
  return h(selector, h('p.soft', words.common.loading));
}

/** What a route of the API gave, with a link to it. */
export function routeLink(path, text) {
  return h('a', { href: at(path), target: '_blank', rel: 'noopener', title: words.common.routeTitle('GET ' + path) }, text);
}

/** Where the numbers above come from: the routes, and the same calls for a shell. */
export function source(...paths) {
  return h('div.source', paths.map((path) => h('span',
    routeLink(path, 'GET ' + path),
    button('curl', () => copy(curl('GET', path)), { kind: 'small plain', 'aria-label': `${words.common.copy}: curl ${path}` }))));
}

export function section(title, ...children) {
  return h('section.section', { 'aria-label': title }, h('div.head', h('h2', title)), children);
}

/** columns: [{head, cell(row), and how it is set: number, text or nowrap}] */
export function table(columns, rows, label) {
  const kind = (c) => (c.number ? 'number' : c.text ? 'text' : c.nowrap ? 'nowrap' : null);
  return h('div.scroll', { tabindex: '0', role: 'region', 'aria-label': label ?? words.common.table }, h('table',
    h('thead', h('tr', columns.map((c) => h('th', { class: c.number ? 'number' : null, scope: 'col' }, c.head)))),
    h('tbody', rows.map((row) => h('tr', columns.map((c) => h('td', { class: kind(c) }, c.cell(row))))))));
}

export function facts(pairs) {
  return h('dl.facts', pairs.filter(Boolean).flatMap(([name, value]) => [h('dt', name), h('dd', value)]));
}

export function empty(text, ...actions) {
  return h('div.empty', h('p', text), actions.length > 0 && h('div.actions', actions));
}

export function link(kind, id, label = null) {
  return id ? h('a', { href: `#/${kind}/${encodeURIComponent(id)}` }, label ?? shortId(id)) : '–';
}

/** run_86786745e9a5…: enough of an id to tell it from others. */
function shortId(id) {
  return id.length > 20 ? id.slice(0, 16) + '…' : id;
}

export function words2(text) {
  return text ? foreign(text) : '–';
}

/** The version that serves, among all. */
export function championOf(policies) {
  return policies.find((p) => p.aliases.includes('champion'))?.version ?? 'v0';
}

/** A rate with its interval, drawn on a line from 0 to 100 %. */
export function interval({ rate, low, high }) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 100 16');
  svg.setAttribute('preserveAspectRatio', 'none');
  svg.setAttribute('aria-hidden', 'true');
  const shape = (name, attributes) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    svg.append(node);
  };
  shape('rect', { class: 'range', x: 100 * low, y: 4, width: Math.max(1, 100 * (high - low)), height: 8 });
  shape('rect', { class: 'rate', x: 100 * rate - 0.5, y: 0, width: 1, height: 16 });
  shape('line', { class: 'half', x1: 50, x2: 50, y1: 0, y2: 16 });
  return h('div.interval', svg);
}

export function json(value) {
  return h('pre.json', { tabindex: '0' }, JSON.stringify(value, null, 2));
}

/** A list that grows page by page: a path with a query answers {items, next}; draw(items) shows them all. */
export async function pagedList(host, path, draw) {
  const all = [];
  let next = null;
  const more = button(words.common.more, () => load().catch((failed) => toast(failed.message, 'bad')));
  const redraw = () => fill(host, draw(all), source(path), next && h('p', more));
  async function load() {
    more.disabled = true;
    fill(more, words.common.loading);
    try {
      const page = await api.get(path + (next ? '&cursor=' + encodeURIComponent(next) : ''));
      all.push(...page.items);
      next = page.next;
    } finally {
      more.disabled = false;
      fill(more, words.common.more);
    }
    redraw();
  }
  await load();
  return { redraw };
}
