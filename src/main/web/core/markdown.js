// Markdown of models and users, rendered so that it can show, but neither run nor report, anything.
import { marked } from '../vendor/marked.js';
import purify from '../vendor/purify.js';
import { copy } from './copy.js';
import { button, h } from './dom.js';
import { words } from './words.js';

const TAGS =
  'p br hr strong em del code pre ul ol li blockquote h1 h2 h3 h4 h5 h6 table thead tbody tr th td a'.split(' ');
const SAFE_LINK = /^(https?:|mailto:)/i;
const LONGEST = 200_000;

marked.use({
  gfm: true,
  breaks: true,
  renderer: {
    // HTML is shown as what was written
    html: ({ text }) => escapeText(text),
    // an image would tell its server who reads this
    image: ({ href, text }) => `<em>${escapeText(words.chat.image(text || href))}</em>`,
    // a task list's box would be a form
    checkbox: ({ checked }) => (checked ? '☑ ' : '☐ '),
  },
});

purify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName !== 'A') return;
  if (!SAFE_LINK.test(node.getAttribute('href') ?? '')) node.removeAttribute('href');
  node.setAttribute('target', '_blank');
  node.setAttribute('rel', 'noopener noreferrer nofollow');
});

function escapeText(text) {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

/** Renders a text into an element. */
export function renderMarkdown(element, text, { copyButtons = true } = {}) {
  element.dir = 'auto';
  if (text.length > LONGEST) {
    element.textContent = text;
    return;
  }
  const fragment = purify.sanitize(marked.parse(text), {
    ALLOWED_TAGS: TAGS,
    ALLOWED_ATTR: ['href', 'align', 'start'],
    RETURN_DOM_FRAGMENT: true,
  });
  for (const block of fragment.querySelectorAll('p, li, blockquote, h1, h2, h3, h4, h5, h6, td, th')) {
    block.dir = 'auto';
  }
  for (const table of fragment.querySelectorAll('table')) {
    const scroll = h('div.scroll', { tabindex: '0', role: 'group', 'aria-label': words.common.table });
    table.replaceWith(scroll);
    scroll.append(table);
  }
  for (const pre of fragment.querySelectorAll('pre')) {
    pre.dir = 'ltr';
    pre.tabIndex = 0;
    if (copyButtons) addCopy(pre);
  }
  element.replaceChildren(fragment);
}

function addCopy(pre) {
  const box = h('div.code');
  pre.replaceWith(box);
  box.append(pre, button(words.common.copy, () => copy(pre.textContent), { kind: 'small' }));
}
