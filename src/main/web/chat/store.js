// Conversations, kept in this browser alone, apart for each key that signs in.
const MOST = 200;

export function openStore(owner) {
  const name = 'whetstone.conversations.' + owner;
  const draft = 'whetstone.draft.' + owner;
  let all = read(name);

  function save() {
    all = all.slice(0, MOST);
    try {
      localStorage.setItem(name, JSON.stringify(all));
      return true;
    } catch {
      return false;
    }
  }

  return {
    list: () => all,
    create() {
      const made = { title: '', system: '', sampling: {}, turns: [] };
      all.unshift(made);
      return made;
    },
    /** Stores a change; false when the browser has no room. */
    touch(conversation) {
      all = [conversation, ...all.filter((c) => c !== conversation)];
      return save();
    },
    save,
    remove(conversation) {
      all = all.filter((c) => c !== conversation);
      save();
    },
    /** What was being written when this tab left the page. */
    draft: () => sessionStorage.getItem(draft) ?? '',
    keepDraft(text) {
      try {
        sessionStorage.setItem(draft, text);
      } catch {
        // no room for it: it stays in its field
      }
    },
    restore(conversation) {
      all.unshift(conversation);
      save();
    },
  };
}

function read(name) {
  try {
    const found = JSON.parse(localStorage.getItem(name) ?? '[]');
    return Array.isArray(found) ? found.filter((c) => c && Array.isArray(c.turns)) : [];
  } catch {
    return [];
  }
}

/** What the model is told: neighbours of one role are one message, and answers found bad are left out. */
export function messagesOf(conversation) {
  const messages = conversation.system.trim() ? [{ role: 'system', content: conversation.system.trim() }] : [];
  for (const turn of conversation.turns) {
    const message = messageOf(turn);
    if (!message) continue;
    const last = messages.at(-1);
    if (last?.role === message.role) last.content += '\n\n' + message.content;
    else messages.push(message);
  }
  return messages;
}

function messageOf(turn) {
  if (turn.role === 'pair') {
    return turn.choice === 'both_bad' ? null : { role: 'assistant', content: continuing(turn) };
  }
  return { role: turn.role, content: turn.content };
}

/** The text with which a conversation goes on after two answers. */
export function continuing(turn) {
  return turn.choice === 'b' ? turn.b.text : turn.a.text;
}

/** A conversation as a Markdown file. */
export function exported(conversation, title) {
  const lines = ['# ' + title, ''];
  for (const message of messagesOf(conversation)) lines.push(`**${message.role}**`, '', message.content, '');
  return lines.join('\n');
}
