const MOST = 2000;

/** Words of two texts with what is only in one of them marked: [{text, only}] for each. */
export function wordDiff(left, right) {
  const a = left.match(/\s+|[^\s]+/g) ?? [];
  const b = right.match(/\s+|[^\s]+/g) ?? [];
  if (a.length > MOST || b.length > MOST) return [[{ text: left, only: false }], [{ text: right, only: false }]];
  const width = b.length + 1;
  const longest = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      longest[i * width + j] = a[i] === b[j]
        ? longest[(i + 1) * width + j + 1] + 1
        : Math.max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
    }
  }
  const lefts = [];
  const rights = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      lefts.push({ text: a[i++], only: false });
      rights.push({ text: b[j++], only: false });
    } else if (j >= b.length || (i < a.length && longest[(i + 1) * width + j] >= longest[i * width + j + 1])) {
      lefts.push({ text: a[i++], only: true });
    } else {
      rights.push({ text: b[j++], only: true });
    }
  }
  return [lefts, rights];
}
