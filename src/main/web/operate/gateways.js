import { api } from '../core/api.js';
import { fill, h } from '../core/dom.js';
import { bytes, count, figure, when } from '../core/format.js';
import { words } from '../core/words.js';
import { facts, section, source, table, tag, words2 } from './parts.js';

const W = words.learning;

/** What each gateway serves, and how the engine of the one that answers does. */
export function gatewaysSection() {
  const list = h('div.card');
  const engine = h('div.card');
  const root = section(W.gateways, h('div.grid', h('div.half', list), h('div.half', engine)));
  return {
    root,
    async update(policies) {
      fill(list, table([
        { head: W.gateway, cell: (g) => g.gateway },
        { head: W.version, cell: (g) => g.version },
        { head: W.problem, cell: (g) => (g.problem ? words2(g.problem) : tag('ready')), text: true },
        { head: W.seen, cell: (g) => when(g.seen_at), nowrap: true },
      ], policies.gateways, W.gateways), source('/policies?limit=1'));
      const metrics = parseMetrics(await api.text('/q/metrics'));
      const of = (name) => metrics.get('whetstone_engine_' + name) ?? 0;
      const seconds = of('model_seconds_total');
      fill(engine, h('h3', W.engine), facts([
        [W.decode, seconds ? figure(of('decoded_tokens_total') / seconds) : '–'],
        [W.running, count(of('live'))], [W.queued, count(of('queued'))],
        [W.requests, count(of('finished_total'))], [W.failedRuns, count(of('failed_total'))],
        [W.cache, bytes(of('cache_bytes'))], [W.cached, count(of('cached_tokens_total'))],
      ]), source('/q/metrics'));
    },
  };
}

/** Prometheus' text format, as far as metrics without labels go. */
function parseMetrics(text) {
  const found = new Map();
  for (const line of text.split('\n')) {
    const [name, value] = line.split(' ');
    if (name && !name.startsWith('#') && !name.includes('{')) found.set(name, Number(value));
  }
  return found;
}
