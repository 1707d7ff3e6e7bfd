import { api } from '../core/api.js';
import { words } from '../core/words.js';
import { messagesOf } from './store.js';

/** The call that asks for an answer, or for two, to the turns of a conversation. */
export function answerCall(conversation, pair) {
  const body = { messages: messagesOf(conversation), stream: true, ...conversation.sampling };
  return ['POST', '/generate', pair ? { ...body, pair } : body];
}

/**
 * Asks for an answer, or for two, and tells the text as it comes: onText({text}) or onText({a, b}).
 * Answers the turn. A stopped single answer is kept as far as it came; a stopped pair is not, because
 * the gateway keeps none that did not end.
 */
export async function askModel(conversation, { pair, signal, onText }) {
  const texts = pair ? { a: '', b: '' } : { text: '' };
  let done = null;
  let problem = null;
  const [method, path, body] = answerCall(conversation, pair);
  try {
    await api.stream(method, path, {
      body,
      signal,
      onEvent(name, data) {
        if (name === 'token') {
          texts[data.side ?? 'text'] += data.text;
          onText(texts);
        } else if (name === 'done') {
          done = data;
        } else if (name === 'error') {
          problem = data;
        }
      },
    });
  } catch (failed) {
    if (failed.name !== 'AbortError') throw failed;
    return !pair && texts.text ? { role: 'assistant', content: texts.text, finish: 'cancelled' } : null;
  }
  if (!done) throw new Error(problem?.detail ?? words.chat.brokeOff);
  return pair ? pairTurn(done) : singleTurn(done);
}

function singleTurn(done) {
  return {
    role: 'assistant',
    id: done.id,
    policy: done.policy,
    content: done.completion.text,
    finish: done.completion.finish_reason,
  };
}

function pairTurn(done) {
  return {
    role: 'pair',
    pairId: done.pair_id,
    a: { text: done.a.text, finish: done.a.finish_reason },
    b: { text: done.b.text, finish: done.b.finish_reason },
    identical: done.identical,
    choice: null,
  };
}
