import { api } from '../core/api.js';
import { button, fill, h } from '../core/dom.js';
import { sameCall } from '../core/same-call.js';
import { toast } from '../core/toast.js';
import { words } from '../core/words.js';

const W = words.feedback;
const MOST = 2000;

/**
 * Thumbs, reasons and a comment on a single answer, and a form to write the better one.
 *
 * tools stand in the same row; line shows the calls of the thumbs, too; changed() is called when the turn must be stored;
 * redraw() when its text became another.
 */
export function feedbackBar(turn, tools, line, { changed, redraw }) {
  const root = h('div.feedback');
  const more = h('div');
  const error = h('p.error', { role: 'alert', hidden: true });
  const thumbs = ['up', 'down'].map((rating) => line.of(
    button(W[rating], () => rate(rating), { kind: 'small plain' }), () => ['POST', '/feedback', bodyOf(thumb(rating))]));
  const better = button(W.better, edit, { kind: 'small plain' });
  show();
  fill(root, h('div.tools', { role: 'group', 'aria-label': W.title }, tools, thumbs, better, line.root), more, error);
  return root;

  function show() {
    thumbs.forEach((thumb, i) => thumb.setAttribute('aria-pressed', String(turn.rating === ['up', 'down'][i])));
  }

  /** All that is known of the answer: a rating replaces the one before as a whole. */
  function ratedBy(said) {
    return { rating: turn.rating, tags: turn.tags ?? [], comment: turn.comment, edit: turn.edited, ...said };
  }

  function bodyOf(said) {
    return { completion_id: turn.id, ...Object.fromEntries(
      Object.entries(ratedBy(said)).filter(([, value]) => value !== undefined && value !== '')) };
  }

  async function send(said) {
    const rated = ratedBy(said);
    try {
      await api.post('/feedback', bodyOf(said));
    } catch (failed) {
      error.hidden = false;
      fill(error, failed.message);
      return false;
    }
    Object.assign(turn, { rating: rated.rating, tags: rated.tags, comment: rated.comment, edited: rated.edit });
    error.hidden = true;
    changed();
    show();
    return true;
  }

  async function rate(rating) {
    if (await send(thumb(rating))) why(rating);
  }

  /** Reasons of the other thumb do not hold for this one. */
  function thumb(rating) {
    return { rating, ...(turn.rating !== rating && { tags: [] }) };
  }

  /** Reasons of the thumb that was given; the thumb counts whether or not they are. */
  function why(rating) {
    const boxes = Object.entries(W.reasons[rating]).map(([tag, label]) => {
      const box = h('input', { type: 'checkbox', value: tag });
      box.checked = (turn.tags ?? []).includes(tag);
      return { box, label: h('label.inline', box, label) };
    });
    const comment = h('input', { type: 'text', maxlength: String(MOST), autocomplete: 'off', value: turn.comment ?? '' });
    const said = () => ({
      tags: boxes.filter(({ box }) => box.checked).map(({ box }) => box.value), comment: comment.value.trim(),
    });
    const whole = sameCall(() => ['POST', '/feedback', bodyOf(said())]);
    const form = h('form.card', { onsubmit: keep, oninput: whole.show }, h('p', W.thanks[rating]),
      h('div.reasons', { role: 'group', 'aria-label': W.why }, boxes.map(({ label }) => label)),
      h('label', W.comment, comment), whole.root,
      h('div.actions', h('button.small.primary', { type: 'submit' }, words.common.save),
        button(W.close, () => fill(more), { kind: 'small' })));
    fill(more, form);
    async function keep(event) {
      event.preventDefault();
      if (!await send(said())) return;
      fill(more);
      toast(W.kept, 'good');
    }
  }

  /** The user's own text instead of the answer: a pair of it over the answer. */
  function edit() {
    const text = h('textarea', { rows: '6', maxlength: '50000', 'aria-label': W.betterText });
    text.value = turn.content;
    const said = () => ({ rating: 'down', edit: text.value.trim() });
    const whole = sameCall(() => ['POST', '/feedback', bodyOf(said())]);
    const form = h('form.card', { onsubmit: keep, oninput: whole.show }, h('p', W.betterWhat), text, whole.root,
      h('div.actions', h('button.small.primary', { type: 'submit' }, W.betterGo),
        button(words.common.cancel, () => fill(more), { kind: 'small' })));
    fill(more, form);
    text.focus();
    async function keep(event) {
      event.preventDefault();
      const { edit: written } = said();
      if (!written || written === turn.content.trim()) return;
      if (!await send(said())) return;
      turn.content = written;
      changed();
      toast(W.betterKept, 'good');
      redraw();
    }
  }
}
