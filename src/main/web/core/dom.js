// Builds elements. Text is always text: no string becomes markup here.

/** h('button.primary#go', {onclick, 'aria-label': …}, children…): an element. */
export function h(selector, attributes, ...children) {
  const [, tag, rest] = selector.match(/^([a-z0-9]*)(.*)$/);
  const element = document.createElement(tag || 'div');
  for (const part of rest.match(/[.#][\w-]+/g) ?? []) {
    if (part[0] === '.') element.classList.add(part.slice(1));
    else element.id = part.slice(1);
  }
  if (isAttributes(attributes)) {
    for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  } else {
    children.unshift(attributes);
  }
  append(element, children);
  return element;
}

function isAttributes(value) {
  return value && typeof value === 'object' && !(value instanceof Node) && !Array.isArray(value);
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name === 'class') element.classList.add(...value.split(' '));
  else if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
  else if (name in element && typeof value === 'boolean') element[name] = value;
  else if (name === 'value') element.value = value;
  else element.setAttribute(name, value === true ? '' : value);
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
}

/** Replaces what an element holds. */
export function fill(element, ...children) {
  const fragment = document.createDocumentFragment();
  append(fragment, children);
  element.replaceChildren(fragment);
  return element;
}

/** A text of someone else's: its direction is its own, and cannot turn the words around it. */
export function foreign(text, selector = 'bdi') {
  return h(selector, { dir: 'auto' }, text);
}

export function button(label, onclick, options = {}) {
  const { kind = '', ...attributes } = options;
  return h('button', { type: 'button', class: kind || null, onclick, ...attributes }, label);
}
