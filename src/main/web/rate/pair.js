import { choiceButtons } from '../core/choices.js';
import { button, fill, h } from '../core/dom.js';
import { renderMarkdown } from '../core/markdown.js';
import { nearCall, sameCall } from '../core/same-call.js';
import { words } from '../core/words.js';
import { wordDiff } from './diff.js';

const W = words.rate;
const C = words.choice;

/**
 * A pair on the desk: what was asked, both answers, and the ways to say which is better.
 *
 * voteOf(which, said) and skipOf(reason) answer the calls that vote and skip make.
 */
export function deskView(pair, sides, { vote, skip, voteOf, skipOf }) {
  const lease = h('span.tag', { role: 'timer' });
  const texts = sides.map(() => h('div.markdown'));
  texts.forEach((body, i) => renderMarkdown(body, pair[sides[i]].text));
  const mark = h('input', { type: 'checkbox', onchange: () => showDifferences(mark.checked) });
  const comment = h('input', { type: 'text', maxlength: '2000', autocomplete: 'off' });
  const tags = h('input', { type: 'text', maxlength: '200', autocomplete: 'off' });
  const why = h('select', { 'aria-label': W.why }, W.reasons.map((reason) => h('option', reason)));
  const prompt = h('div.markdown');
  renderMarkdown(prompt, pair.messages?.map((m) => m.content).join('\n\n') ?? pair.prompt);
  const voteLine = nearCall();
  const skipLine = sameCall(() => skipOf(reason()), W.skip);
  const showLines = () => { voteLine.show(); skipLine.show(); };
  const root = h('div', { oninput: showLines },
    h('section.card', { 'aria-label': W.prompt }, h('div.meta', h('h2', W.prompt), lease), prompt),
    h('div.sides', texts.map((body, i) => h('section.side', { 'aria-label': i ? C.right : C.left }, h('h3', i ? C.right : C.left), body))),
    h('div.choice', { role: 'group', 'aria-label': C.title }, h('h3', C.title),
      h('div.actions', choiceButtons(vote, voteLine, (choice) => voteOf(choice, said()))),
      h('p.soft.keys', W.keys), voteLine.root),
    h('div.fields', h('label', W.comment, comment), h('label', W.tag, tags), h('label.inline', mark, W.diff)),
    h('div.fields', h('label', W.why, why), button(W.skip, skip)), skipLine.root);
  const tick = () => {
    const left = Math.floor((new Date(pair.leased_until) - Date.now()) / 1000);
    fill(lease, left > 0 ? W.left(left >= 60 ? words.common.minutes(Math.ceil(left / 60)) : words.common.seconds(left)) : W.over);
  };
  const timer = setInterval(tick, 1000);
  tick();

  /** What a rater said beside the choice. */
  function said() {
    return { comment: comment.value.trim(), tags: tags.value.split(',').map((t) => t.trim()).filter(Boolean) };
  }

  function reason() {
    return [why.value, comment.value.trim()].filter(Boolean).join(': ');
  }

  function showDifferences(on) {
    const marked = on && wordDiff(pair[sides[0]].text, pair[sides[1]].text);
    texts.forEach((body, i) => {
      body.classList.toggle('diff', Boolean(marked));
      if (!marked) renderMarkdown(body, pair[sides[i]].text);
      else fill(body, h('p.text', { dir: 'auto' }, marked[i].map((w) => (w.only && w.text.trim() ? h(i ? 'ins' : 'del', w.text) : w.text))));
    });
  }

  return {
    root,
    said,
    reason,
    differences: () => { mark.checked = !mark.checked; showDifferences(mark.checked); },
    end: () => clearInterval(timer),
  };
}
