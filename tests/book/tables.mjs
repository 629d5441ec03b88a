// The ledger's table and the search page.

import { PATIENCE } from "./chrome.mjs";

/** The ledger sorts by every column, both ways, and its filter hides rows. */
export async function ledger(page) {
  const failures = [], table = page.locator(".fs-ledger table, table.fs-ledger").first();
  const rows = () => table.locator("tbody tr").evaluateAll((all) => all.filter((row) => row.getClientRects().length).map((row) => row.textContent.trim()));
  const all = await rows(), buttons = await table.locator("th button").all();
  if (!all.length) return ["the ledger has no rows"];
  if (!buttons.length) failures.push("no header has a button to sort by");
  for (const button of buttons) {
    const name = (await button.textContent()).trim(), state = () => button.evaluate((node) => node.closest("th").getAttribute("aria-sort"));
    await button.click();
    const up = await rows(), one = await state();
    await button.click();
    const down = await rows(), two = await state();
    if (one !== "ascending" || two !== "descending") failures.push(`${name}: aria-sort says ${one}, then ${two}`);
    if ([...up].sort().join() !== [...all].sort().join()) failures.push(`${name}: sorting loses rows`);
    const cells = await table.evaluate((node, head) => { const i = [...node.tHead.rows[0].cells].findIndex((cell) => cell.textContent.trim() === head); return new Set([...node.tBodies[0].rows].map((row) => row.cells[i].textContent.trim()).filter(Boolean)).size; }, name);
    if (cells > 1 && up.join() === down.join()) failures.push(`${name}: both directions give the same order`);
  }
  const filter = page.locator("input.fs-ledger-filter, .fs-ledger input[type=search]").first();
  if (!(await filter.count())) return [...failures, "no field to filter by"];
  const word = all[all.length - 1].match(/\S{4,}/)?.[0] ?? "a";
  await filter.fill(word);
  const some = await rows();
  if (!some.length || !some.every((text) => text.toLowerCase().includes(word.toLowerCase()))) failures.push(`filtering by ${word} leaves the wrong rows`);
  await filter.fill("no row says this");
  if ((await rows()).length) failures.push("a filter that nothing matches leaves rows");
  await filter.fill("");
  if ((await rows()).length !== all.length) failures.push("an emptied filter does not bring all rows back");
  return failures;
}

/** The search page lists pages for a word. */
export async function search(page, base, word) {
  await page.goto(`${base}search.html?q=${word}`);
  await page.waitForFunction(() => document.querySelectorAll("#search-results ul.search li a").length > 0, null, { timeout: PATIENCE }).catch(() => {});
  const hits = await page.locator("#search-results ul.search li a").count();
  return hits ? [] : [`searching for ${word} finds nothing`];
}
