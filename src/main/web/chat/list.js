import { saveFile } from '../core/copy.js';
import { button, fill, foreign, h } from '../core/dom.js';
import { toast } from '../core/toast.js';
import { words } from '../core/words.js';
import { exported } from './store.js';

const W = words.chat;

export function titleOf(conversation) {
  return conversation.title || W.untitled;
}

/** The conversations: open, rename, export, delete. */
export function conversationList({ store, current, open, changed }) {
  const body = h('div');
  const drawer = h('details', { open: matchMedia('(min-width: 1101px)').matches }, h('summary', W.conversations), body);
  const root = h('aside.conversations', { 'aria-label': W.conversations },
    button(W.fresh, () => open(null), { kind: 'primary' }), drawer);
  let tools = null;

  function draw() {
    const items = store.list().filter((c) => c.turns.length || c === current());
    fill(body,
      h('ul', items.map((c) => h('li', { 'data-current': c === current() },
        button(foreign(titleOf(c)), () => open(c), { 'aria-current': c === current() ? 'true' : null }),
        button('⋯', () => toggle(c), { kind: 'menu-of', 'aria-label': `${W.rename}, ${W.export}, ${W.remove}: ${titleOf(c)}` })),
      )),
      h('p.soft', W.kept));
    if (tools && items.includes(tools)) addTools(tools, items.indexOf(tools));
  }

  function toggle(conversation) {
    tools = tools === conversation ? null : conversation;
    draw();
  }

  function addTools(conversation, index) {
    const box = h('div.tools',
      button(W.rename, () => rename(conversation), { kind: 'small' }),
      button(W.export, () => download(conversation), { kind: 'small' }),
      button(W.remove, () => remove(conversation), { kind: 'small' }));
    root.querySelectorAll('li')[index].after(h('li', box));
  }

  function rename(conversation) {
    const name = h('input', { type: 'text', maxlength: '120', value: conversation.title, 'aria-label': W.nameOf });
    const form = h('form.tools', { onsubmit: keep }, name, h('button.small', { type: 'submit' }, words.common.save));
    root.querySelector('.tools').replaceWith(form);
    name.focus();
    function keep(event) {
      event.preventDefault();
      conversation.title = name.value.trim();
      tools = null;
      store.save();
      changed();
    }
  }

  function download(conversation) {
    saveFile(exported(conversation, titleOf(conversation)), 'text/markdown', 'conversation.md');
  }

  function remove(conversation) {
    store.remove(conversation);
    tools = null;
    if (conversation === current()) open(null);
    else draw();
    toast(W.removed, '', { label: W.undo, run: () => { store.restore(conversation); draw(); } });
  }

  return { root, draw };
}
