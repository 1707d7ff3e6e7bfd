import { api } from '../core/api.js';
import { askAndCall } from '../core/dialog.js';
import { button, fill, h } from '../core/dom.js';
import { renderMarkdown } from '../core/markdown.js';
import { words } from '../core/words.js';
import { source } from '../operate/parts.js';

const W = words.guidelines;

/** What raters are asked to look at, beside the pairs; an operator writes it here. */
export function guidelinesCard(session) {
  const writes = session.roles.includes('operator');
  const body = h('div');
  const root = h('aside.card.guidelines', { 'aria-label': W.title },
    h('details', { open: matchMedia('(min-width: 1101px)').matches }, h('summary', W.title), body));
  load();
  return root;

  async function load() {
    try {
      show(await api.get('/guidelines'));
    } catch (failed) {
      fill(body, h('p.error', failed.message));
    }
  }

  function show({ markdown }) {
    const text = h('div.markdown');
    if (markdown.trim()) renderMarkdown(text, markdown);
    else fill(text, h('p.soft', W.none));
    fill(body, text, writes && h('div.actions', button(W.edit, () => edit(markdown), { kind: 'small' })), writes && source('/guidelines'));
  }

  function edit(markdown) {
    const text = h('textarea', { rows: '12', maxlength: '50000', 'aria-label': W.title });
    const preview = h('div.markdown');
    text.value = markdown;
    text.addEventListener('input', () => renderMarkdown(preview, text.value, { copyButtons: false }));
    renderMarkdown(preview, markdown, { copyButtons: false });
    const form = h('form', { onsubmit: save }, text, h('p.soft', W.markdown), h('div.actions',
      h('button.small.primary', { type: 'submit' }, words.common.save),
      button(words.common.cancel, () => show({ markdown }), { kind: 'small' })), h('h3', W.preview), preview);
    fill(body, form);
    text.focus();
    async function save(event) {
      event.preventDefault();
      const written = await askAndCall({
        title: W.saveTitle, what: W.saveWhat, label: words.common.save, method: 'PUT', reason: 'none',
        path: () => '/guidelines', body: () => ({ markdown: text.value }), done: W.saved,
      });
      if (written) show(written);
    }
  }
}
