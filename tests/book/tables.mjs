// The ledger's table and the search page.

import fs from "node:fs";
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

/** What people look for and where it is defined; `same` names a question that has to lead to the same page. */
const QUERIES = JSON.parse(fs.readFileSync(new URL("queries.json", import.meta.url), "utf8"));
const STOP = "#search-results .fs-hits a";

/** Ask on the open search page; the places of the first page that is listed, as its links name them. */
async function firstPage(page, question) {
  await page.locator(".fs-search input").fill(question);
  await page.locator(".fs-search input").press("Enter");
  await page.waitForFunction((asked) => document.getElementById("search-results").dataset.for === asked, question);
  return page.locator("#search-results .fs-hits > li").first().locator("a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
}

/** Whether the place where something is defined comes first. */
async function ranked(page, { query, page: where, place, same }) {
  const links = await firstPage(page, query), wanted = same ? (await firstPage(page, same))[0] : `${where}.html`;
  if (!links.length) return [`${query}: nothing found`];
  if (links[0] !== wanted) return [`${query}: ${links[0]} comes before ${wanted}`];
  return place && !links.includes(`${where}.html#${place}`) ? [`${query}: ${where} comes first, without #${place}`] : [];
}

/** Excerpts mark the words, the count says how many places there are, what nowhere stands is not found. */
async function quotes(page, word) {
  const failures = [], marks = await page.locator("#search-results .fs-places mark").allTextContents(), said = await page.locator(".fs-search-count").textContent();
  if (!marks.some((mark) => mark.toLowerCase().startsWith(word.slice(0, 4).toLowerCase()))) failures.push(`no excerpt marks ${word}`);
  if (!/^\d+ places? on \d+ pages? for /.test(said)) failures.push(`the count says: ${said}`);
  await firstPage(page, "qqzzxx wwkkvv");
  if (await page.locator(STOP).count()) failures.push("words that stand nowhere are found");
  if (!/^Nothing/.test(await page.locator(".fs-search-count").textContent())) failures.push("a search without results does not say so");
  return failures;
}

/** From the field with the arrow key to the first place, with Enter to it: it is there, and in sight. */
async function followed(page, word) {
  await firstPage(page, word);
  for (const key of ["ArrowDown", "ArrowDown"]) await page.keyboard.press(key);
  const href = await page.evaluate(() => document.activeElement.getAttribute("href"));
  if (!href?.includes("#")) return [`two arrow keys lead from the field to ${href}`];
  await page.keyboard.press("Enter");
  await page.waitForURL((url) => url.href.endsWith(href));
  const there = await page.waitForFunction((id) => document.getElementById(id)?.checkVisibility() && true, decodeURIComponent(href.split("#")[1]), { timeout: PATIENCE }).catch(() => null);
  return there ? [] : [`${href} leads nowhere that is in sight`];
}

/** The theme's own field, Ctrl+K on any page, leads here. */
async function dialog(page, word) {
  await page.keyboard.press("Control+k");
  await page.locator("#pst-search-dialog input").fill(word);
  await page.keyboard.press("Enter");
  await page.waitForFunction((links) => document.querySelector(links), STOP, { timeout: PATIENCE }).catch(() => {});
  return (await page.locator(STOP).count()) ? [] : ["Ctrl+K, a word and Enter find nothing"];
}

/** The search page lists pages and places for a word, the defining one first, quotes them and leads to them. */
export async function search(page, base, word) {
  await page.goto(`${base}search.html?q=${word}`);
  await page.waitForFunction((links) => document.querySelector(links), STOP, { timeout: PATIENCE }).catch(() => {});
  if (!(await page.locator(STOP).count())) return [`searching for ${word} finds nothing`];
  const failures = await quotes(page, word);
  if (base.startsWith("http")) for (const query of QUERIES) failures.push(...await ranked(page, query));
  return [...failures, ...await followed(page, word), ...await dialog(page, word)];
}
