import { h } from '../core/dom.js';
import { words } from '../core/words.js';

const W = words.chat;
const FIELDS = [
  ['temperature', W.temperature, { min: '0', max: '2', step: '0.05' }],
  ['top_p', W.topP, { min: '0.01', max: '1', step: '0.01' }],
  ['top_k', W.topK, { min: '0', step: '1' }],
  ['max_tokens', W.maxTokens, { min: '1', step: '1' }],
  ['seed', W.seed, { step: '1' }],
];

/** The system prompt and the sampling of a conversation; an empty field is the model's own value. */
export function settingsPanel(conversation, share, { changed, setShare }) {
  const system = h('textarea', { rows: '4', maxlength: '20000', oninput: () => { conversation.system = system.value; changed(); } });
  system.value = conversation.system;
  const percentOf = () => `${W.share}: ${Math.round(100 * range.value)} %`;
  const range = h('input', { type: 'range', min: '0', max: '1', step: '0.05', value: String(share), oninput: () => {
    label.firstChild.textContent = percentOf();
    setShare(Number(range.value));
  } });
  const label = h('label', percentOf(), range);
  return h('aside.panel', { 'aria-label': W.settings },
    h('h2', W.settings),
    h('label', W.system, system),
    FIELDS.map(([name, title, limits]) => field(conversation, name, title, limits, changed)),
    label,
    h('p.soft', W.votesLost));
}

function field(conversation, name, title, limits, changed) {
  const input = h('input', { type: 'number', placeholder: W.modelDefault, value: conversation.sampling[name] ?? '', ...limits });
  input.addEventListener('input', () => {
    if (input.value === '' || !input.checkValidity()) delete conversation.sampling[name];
    else conversation.sampling[name] = Number(input.value);
    changed();
  });
  return h('label', title, input);
}
