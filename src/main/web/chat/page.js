import { isElsewhere } from '../core/choices.js';
import { button, fill, foreign, h } from '../core/dom.js';
import { sameCall } from '../core/same-call.js';
import { toast } from '../core/toast.js';
import { words } from '../core/words.js';
import { answerCall, askModel } from './answer.js';
import { conversationList, titleOf } from './list.js';
import { settingsPanel } from './panel.js';
import { openStore } from './store.js';
import { liveView, turnView } from './turns.js';
import { takeBack, undoLeft } from './undo.js';

const W = words.chat;
const NEAR = 96;
const TITLE_LENGTH = 60;
/** A message and its answer. */
const ANSWERED = 2;
const SECONDS_TO_UNDO = 15;

export function render(root, { session }) {
  root.classList.add('chat');
  const store = openStore(session.key);
  let conversation = store.list().find((c) => c.turns.length) ?? store.create();
  let share = Number(localStorage.getItem('whetstone.pair-share') ?? session.pair_share);
  let running = null;
  let bar = null;
  let undos = [];
  let countdown = null;
  let left = false;

  const title = h('h1');
  const turns = h('div.turns');
  const text = h('textarea#message', { rows: '2', placeholder: W.message, 'aria-label': W.message });
  const two = h('input', { type: 'checkbox' });
  const send = h('button.primary', { type: 'submit' }, W.send);
  const stop = button(W.stop, () => running?.abort(), { hidden: true });
  const line = sameCall(() => callAfter(conversation.turns, text.value.trim()));
  const form = h('form.composer', { onsubmit: submit, oninput: line.show }, text,
    h('div.actions', h('label.inline', two, W.twoAnswers), line.root, h('div.actions', stop, send)));
  const panelButton = button(W.settings, togglePanel, { 'aria-expanded': 'false' });
  const talk = h('section.talk', { 'aria-label': W.title }, h('header', title, panelButton), turns, form);
  const list = conversationList({ store, current: () => conversation, open, changed: draw });
  let panel = null;
  fill(root, list.root, talk);
  text.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  text.value = store.draft();
  text.addEventListener('input', () => store.keepDraft(text.value));
  document.addEventListener('keydown', onKey);
  draw();
  text.focus();

  /** The call that asks for an answer after some turns, and after what is said next, if anything. */
  function callAfter(before, said = null) {
    const asked = said === null ? before : [...before, { role: 'user', content: said }];
    return answerCall({ ...conversation, turns: asked }, two.checked);
  }

  function onKey(event) {
    if (event.key !== 'u' || isElsewhere(event)) return;
    const last = conversation.turns.findLast((turn) => turn.role === 'pair');
    if (last && undoLeft(last, session) > 0) undo(last);
  }

  /** Takes the vote back; the pair is open again unless the conversation went on from it. */
  async function undo(turn) {
    try {
      await takeBack(turn);
      if (turn !== conversation.turns.at(-1)) turn.choice = 'none';
      toast(words.choice.undone, 'good');
      store.touch(conversation);
    } catch (failed) {
      toast(failed.message, 'bad');
    }
    draw();
    bar?.focus();
  }

  function open(chosen) {
    running?.abort();
    const unused = store.list().find((c) => !c.turns.length);
    conversation = chosen ?? unused ?? store.create();
    if (panel) showPanel();
    draw();
    text.focus();
  }

  function togglePanel() {
    if (panel) {
      panel.remove();
      panel = null;
    } else {
      showPanel();
    }
    root.classList.toggle('with-panel', panel !== null);
    panelButton.setAttribute('aria-expanded', panel !== null);
  }

  function showPanel() {
    panel?.remove();
    panel = settingsPanel(conversation, share, {
      changed: () => { store.save(); line.show(); },
      setShare: (value) => {
        share = value;
        localStorage.setItem('whetstone.pair-share', String(value));
      },
    });
    root.append(panel);
  }

  function submit(event) {
    event.preventDefault();
    const said = text.value.trim();
    if (!said || running) return;
    text.value = '';
    store.keepDraft('');
    ask(said);
  }

  function ask(said) {
    skipOpenPair();
    conversation.turns.push({ role: 'user', content: said });
    if (!conversation.title) conversation.title = said.replace(/\s+/g, ' ').slice(0, TITLE_LENGTH);
    if (!store.touch(conversation)) toast(W.full, 'bad');
    answer();
  }

  /** Asks again after some of the turns; what is left out by this can be brought back. */
  function restart(kept, said = null) {
    const all = [...conversation.turns];
    const mine = conversation;
    giveUp();
    mine.turns = said === null ? all.slice(0, kept) : [...all.slice(0, kept), { role: 'user', content: said }];
    store.touch(mine);
    answer();
    if (all.length - kept <= ANSWERED) return;
    toast(W.cut, '', { label: W.undo, seconds: SECONDS_TO_UNDO, run: () => {
      if (mine === conversation) giveUp();
      mine.turns = all;
      store.touch(mine);
      draw();
    } });
  }

  function giveUp() {
    running?.abort();
    setRunning(null);
  }

  function setRunning(controller) {
    running = controller;
    stop.hidden = controller === null;
    send.disabled = controller !== null;
  }

  function skipOpenPair() {
    const last = conversation.turns.at(-1);
    if (last?.role === 'pair' && !last.choice) last.choice = 'none';
  }

  async function answer() {
    const pair = two.checked || Math.random() < share;
    const mine = conversation;
    const controller = new AbortController();
    setRunning(controller);
    draw();
    const live = liveView(pair);
    turns.append(live.root);
    scrollDown(true);
    let failure = null;
    try {
      const turn = await askModel(mine, {
        pair,
        signal: controller.signal,
        onText: (texts) => {
          live.update(texts);
          scrollDown(false);
        },
      });
      // what was given up for another is not part of the conversation
      if (turn && running === controller) mine.turns.push(turn);
    } catch (failed) {
      failure = failed;
    }
    if (running !== controller) return;
    if (!store.touch(mine)) toast(W.full, 'bad');
    setRunning(null);
    if (left || mine !== conversation) return;
    draw(failure);
    scrollDown(true);
    if (bar?.focus && !text.value) bar.focus();
  }

  function draw(failure = null) {
    if (left) return;
    endTimers();
    bar = null;
    list.draw();
    line.show();
    fill(title, foreign(titleOf(conversation)));
    const last = conversation.turns.length - 1;
    const views = conversation.turns.map((turn, i) => turnView(turn, {
      session,
      last: i === last && !running,
      edit: (said) => restart(i, said),
      editCall: (said) => callAfter(conversation.turns.slice(0, i), said),
      regenerate: () => restart(i),
      regenerateCall: () => callAfter(conversation.turns.slice(0, i)),
      decided: (choice, row) => {
        turn.choice = choice;
        turn.preferenceId = row.preference_id;
        turn.votedAt = Date.now();
        turn.versions = row.policies ?? null;
        store.touch(conversation);
        draw();
        text.focus();
        toast(words.choice.thanks[choice], 'good', undoLeft(turn, session) > 0
          ? { label: words.choice.undo, run: () => undo(turn), seconds: session.undo_seconds } : null);
      },
      undo: () => undo(turn),
      changed: () => store.save(),
      redraw: () => draw(),
      skipped: () => {
        turn.choice = 'none';
        store.touch(conversation);
        draw();
        text.focus();
      },
    }));
    bar = views.at(-1)?.bar ?? null;
    undos = views.map((v) => v.undo).filter(Boolean);
    fill(turns, views.length ? views.map((v) => v.root) : empty());
    const unanswered = conversation.turns.at(-1)?.role === 'user' && !running;
    if (unanswered) turns.append(notice(failure));
  }

  function empty() {
    return h('div', h('h2', W.emptyTitle), h('p', W.empty),
      h('div.samples', { role: 'group', 'aria-label': W.samplesLabel }, samples(session).map((sample) =>
        button(sample, () => ask(sample)))));
  }

  function notice(failure) {
    const retry = button(words.common.retry, answer);
    const root = h('div.notice', { role: 'alert' }, h('span', failure?.message ?? W.notSent), retry,
      sameCall(() => callAfter(conversation.turns)).root);
    let seconds = failure?.retryAfter ?? 0;
    const tick = () => {
      retry.disabled = seconds > 0;
      fill(retry, seconds > 0 ? words.errors.wait(seconds) : words.common.retry);
      if (seconds-- <= 0) clearInterval(countdown);
    };
    if (seconds > 0) {
      countdown = setInterval(tick, 1000);
      tick();
    }
    return root;
  }

  /** Follows the text, unless the reader has scrolled away from the end. */
  function scrollDown(always) {
    const page = document.documentElement;
    if (always || page.scrollHeight - page.clientHeight - page.scrollTop < NEAR) {
      page.scrollTop = page.scrollHeight;
    }
  }

  function endTimers() {
    bar?.end();
    undos.forEach((one) => one.end());
    clearInterval(countdown);
  }

  return () => {
    left = true;
    running?.abort();
    endTimers();
    document.removeEventListener('keydown', onKey);
  };
}

function samples(session) {
  const model = session.model ?? 'coder';
  const kind = model.includes('reviews') ? 'reviews' : model.includes('coder') ? 'code' : 'general';
  return words.samples[kind];
}
