// Runs a client's features one after the other and prints a line of JSON for each.
export const base = process.env.OPENAI_BASE_URL;
export const key = process.env.OPENAI_API_KEY;
export const model = 'champion';
export const ask = [{ role: 'user', content: 'Name a colour.' }];

export async function run(client, features) {
  for (const [feature, test] of Object.entries(features)) {
    let ok = true;
    let detail = '';
    try {
      await test();
    } catch (failed) {
      ok = false;
      detail = String(failed).slice(0, 300);
    }
    console.log(JSON.stringify({ client, feature, ok, detail }));
  }
}

export function check(condition, what) {
  if (!condition) throw new Error(what);
}
