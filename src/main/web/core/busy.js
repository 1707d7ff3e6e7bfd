let open = 0;

/** Does work while the page says, to screen readers too, that it is not whole yet. */
export async function busy(work) {
  const main = document.querySelector('main');
  open++;
  main.setAttribute('aria-busy', 'true');
  try {
    return await work();
  } finally {
    if (--open === 0) main.removeAttribute('aria-busy');
  }
}
