// Texts that leave the page: to the clipboard, or into a file.
import { h } from './dom.js';
import { toast } from './toast.js';
import { words } from './words.js';

export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    toast(words.common.copied);
  } catch {
    toast(words.common.notCopied, 'bad');
  }
}

/** Saves a text as a file of the browser's downloads. */
export function saveFile(text, type, name) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
