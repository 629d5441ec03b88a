// The ways to things: ten that people look for by their common names, each from the landing page in a few clicks; and the
// filters of the long lists, by keyboard.

/** What people look for, the clicks from the landing page (texts of links; "?word" types into the filter), where it is. */
export const TEN = [
  ["I know DDPM: where do I start?", ["I know DDPM and want one-step generators"], "book/routes.html#route-one-step"],
  ["MeanFlow's loss", ["Find your method", "?mean flow", "“A training loss in ten lines”"], "average-velocity.html#a-training-loss-in-ten-lines"],
  ["the DDIM step", ["Find your method", "?ddim", "Definition"], "linear-teacher.html#lt-ddim"],
  ["why alpha must be divided out", ["Find your method", "?alpha", "“Where the alpha sits”"], "tweedie.html#where-the-alpha-sits"],
  ["the rule of shortcut models", ["Find your method", "?shortcut", "Theorem"], "average-velocity.html#av-identities"],
  ["consistency training", ["Find your method", "?consistency training", "Proposition"], "map-losses.html#ml-dictionary"],
  ["when BOOT is the best", ["Find your method", "?boot", "Theorem"], "phase-transition.html#pt-boot"],
  ["rectified flow", ["Indices", "Names and terms", "?reflow", "Algorithm"], "paths-and-velocities.html#pv-rectify"],
  ["what a stop-gradient is", ["Indices", "Names and terms", "?stop-gradient", "glossary"], "book/glossary.html#term-stop-gradient"],
  ["which promise of the flow-map paper fails", ["Errata", "?promise for the Lagrangian", "The check of"], "guarantees.html#ev-"],
];

/** Follow the clicks from the landing page; say where they end elsewhere. */
export async function follow(page, base, [what, clicks, end]) {
  await page.goto(`${base}book/index.html`, { waitUntil: "domcontentloaded" });
  for (const click of clicks) {
    if (click.startsWith("?")) { await page.locator(".fs-filters input").first().fill(click.slice(1)); continue; }
    const link = page.locator("article a:visible").filter({ hasText: click }).first();
    if (!(await link.count())) return [`${what}: no link says ${click}`];
    await link.click();
    await page.waitForLoadState("domcontentloaded");
  }
  if (!page.url().includes(end)) return [`${what}: ends at ${page.url().slice(base.length)}, not at ${end}`];
  const name = decodeURIComponent(new URL(page.url()).hash.slice(1));
  return (await page.evaluate((id) => Boolean(document.getElementById(id)), name)) ? [] : [`${what}: there is no #${name}`];
}

/** The filter of a long list: words leave what holds them, a choice leaves what it names, an emptied one brings all back. */
export async function filters(page) {
  const failures = [], shown = () => page.locator("[data-filter]").evaluateAll((all) => all.filter((one) => one.checkVisibility()).map((one) => one.textContent.toLowerCase()));
  if (!(await page.locator(".fs-filtered").count())) return [];
  const all = await shown(), field = page.locator(".fs-filters input").first(), word = all.at(-1).match(/[a-z]{5,}/)?.[0] ?? "a";
  await field.focus();
  await page.keyboard.type(word);
  const some = await shown();
  if (!some.length || !some.every((text) => text.includes(word))) failures.push(`filtering by ${word} leaves the wrong entries`);
  const said = await page.locator(".fs-count").first().textContent();
  if (!said.startsWith(`${some.length} of ${all.length} `)) failures.push(`${some.length} entries are left, the count says: ${said}`);
  await field.fill("no entry says this");
  if ((await shown()).length) failures.push("a filter that nothing matches leaves entries");
  if (await page.locator(".fs-filtered section:visible").count()) failures.push("a section without entries keeps its title");
  await field.fill("");
  for (const choice of await page.locator(".fs-filters select").all()) {
    await choice.focus();
    await page.keyboard.press("ArrowDown");
    const left = (await shown()).length;
    if (!left || left > all.length) failures.push(`a choice leaves ${left} of ${all.length} entries`);
    await choice.selectOption("");
  }
  if ((await shown()).length !== all.length) failures.push("emptied filters do not bring all entries back");
  return failures;
}

/** The names of the ten in the ledger's search: rows carry the names under which people know their results. */
export async function named(page) {
  const failures = [];
  for (const word of ["MeanFlow", "shortcut", "reflow", "DDIM"]) {
    await page.locator(".fs-ledger input[type=search]").fill(word);
    if (!(await page.locator(".fs-ledger tbody tr:visible").count())) failures.push(`the ledger finds nothing for ${word}`);
  }
  await page.locator(".fs-ledger input[type=search]").fill("");
  return failures;
}
