// A real browser reads the built book: explorers, network, accessibility, narrow and dark screens, links, search.
//   node tests/book/browser.mjs [--root _build/html] [--pages text,text] [--only check,check] [--word merge] [--verbose]
// A page that was green is opened again when it, what all pages share, or a check has changed (FORCE=1: all pages).
// Checks: explorers network overflow axe mathematics screens print switch hints fields filters ways links alt weight search ledger files
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { findPages, freshContext, launch, openFolds, parse, serve, settled } from "./chrome.mjs";
import { axe, folded } from "./audit.mjs";
import { bareWork, explorers } from "./controls.mjs";
import { QUIET, extent, hints, look, overflow, paper, switches, watch } from "./page.mjs";
import { ledger, search } from "./tables.mjs";
import { evaluator, fields, stored } from "./fields.mjs";
import { recall } from "./green.mjs";
import { alternatives, links, weigh } from "./static.mjs";
import { TEN, filters, follow, named } from "./ways.mjs";

const { options } = parse(process.argv.slice(2), ["verbose"]);
const root = path.resolve(options.root || "_build/html"), word = options.word || "merge";
const only = options.only?.split(","), wants = (check) => !only || only.includes(check);
// Every rule in both themes, once on a wide and once on a narrow window, with all open that a page holds. What stands around
// the text on a wide window is the same on all pages: its dark colours are looked at on some.
const WIDE = { width: 1280, dark: false }, NARROW = { width: 400, dark: true };
const AROUND = { width: 1280, dark: true, rules: ["color-contrast", "link-in-text-block"], around: true };
const LIMIT = { ratio: 15, weight: 1e6, screens: 18, first: 1 }; // the work of a key in units of a bare page's, measured in the same run on the same machine

if (!fs.existsSync(path.join(root, "index.html"))) { console.error(`There is no book in ${root}: run \`make book\` first.`); process.exit(2); }
const axeSource = fs.readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const chosen = (name) => !options.pages || options.pages.split(",").some((part) => name.includes(part));
// The root index.html only sends readers on to the first page.
const pages = findPages(root).filter(chosen), redirects = (name) => /http-equiv="refresh"/i.test(fs.readFileSync(path.join(root, name), "utf8").slice(0, 2000));
const memory = recall(root, { ask: !(options.pages || options.only || process.env.FORCE) }), green = new Set(pages.filter((name) => memory.knows(name))), red = new Set();
const start = Date.now(), tally = { passed: 0, failed: 0 }, times = [], costs = [], bare = [], mild = new Map(), weights = [], screens = new Map(), spent = new Map();

function report(check, where, failures) {
  if (failures.length) {
    tally.failed += 1;
    red.add(where.split(",")[0]);
    console.log(`FAIL ${check}: ${where}`);
    for (const failure of failures) console.log(`       ${failure}`);
  } else {
    tally.passed += 1;
    if (options.verbose) console.log(`ok   ${check}: ${where}`);
  }
}

async function attempt(check, where, run) {
  if (!wants(check)) return;
  const begun = Date.now();
  try { report(check, where, await run()); } catch (error) { report(check, where, [`the check broke: ${error.message.split("\n")[0]}`]); }
  spent.set(check, (spent.get(check) ?? 0) + Date.now() - begun);
}

async function view(page, name, base) {
  await page.goto(base + name);
  await settled(page);
  await page.addStyleTag({ content: QUIET });
  // Wait until nothing is asked for any more: late fonts and widget parts belong to the page.
  await page.waitForLoadState("networkidle").catch(() => {});
}

/** Accessibility of the page as it is shown now. */
const audit = (page, name, { width, dark, ...part }) => attempt("axe", `${name}, ${width} ${dark ? "dark" : "light"}`, async () => {
  const found = await axe(page, axeSource, part);
  for (const { id, count, impact } of found.mild) mild.set(`${id} [${impact}]`, (mild.get(`${id} [${impact}]`) ?? new Map()).set(name, count));
  return found.grave.flatMap(({ id, impact, count, nodes }) => [`${id} [${impact}] x${count}`, ...nodes.map((node) => `  ${node}`)]);
});

/** A page with all that it holds, wide and light, then narrow and dark. */
async function checkViews(page, name) {
  await openFolds(page);
  for (const view of [WIDE, NARROW]) {
    await look(page, view);
    if (view === NARROW) await attempt("overflow", name, () => overflow(page));
    if (wants("axe")) await folded(page, () => audit(page, name, view));
  }
  if (wants("axe") && telling.has(name)) {
    await look(page, AROUND);
    await audit(page, name, AROUND);
  }
}

async function checkPage(context, name, base) {
  const page = await context.newPage(), seen = watch(page, base);
  try {
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize({ width: 1280, height: 900 });
    await view(page, name, base);
    await attempt("mathematics", name, () => page.locator("mjx-merror, .MathJax_Error").evaluateAll((all) => all.map((node) => `not typeset: ${node.getAttribute("title") ?? node.textContent}`)));
    if (name.startsWith("chapters/")) await attempt("screens", name, async () => {
      const { high, picture, cut } = await extent(page);
      screens.set(name.replace(/\.html$/, ""), high);
      return [high > LIMIT.screens && `${high} screens of 1280 x 900 px`, picture > LIMIT.first && `the first picture begins ${picture} screens down`, ...cut].filter(Boolean);
    });
    await attempt("switch", name, () => switches(page));
    if (await page.locator(".fs-symbols").count()) await attempt("hints", name, () => hints(page));
    if (await page.locator("form.fs-field").count()) await attempt("fields", name, () => fields(page, answers, fs.readFileSync(path.join(root, name), "utf8")));
    await attempt("explorers", name, async () => {
      const found = await explorers(page);
      times.push(...found.times);
      costs.push(...found.costs);
      if (found.count) bare.push(...await bareWork(context));
      return found.failures;
    });
    if (await page.locator(".fs-ledger").count()) { ledgers.push(name); await attempt("ledger", name, async () => [...await ledger(page), ...await named(page)]); }
    if (await page.locator(".fs-filtered").count()) await attempt("filters", name, () => filters(page));
    await attempt("print", name, () => paper(page));
    if (wants("axe") || wants("overflow")) await checkViews(page, name);
    await attempt("network", name, () => [...seen.problems]);
    weights.push({ name, ...weigh(root, seen.files) });
    await attempt("weight", name, () => { const { own } = weights.at(-1); return own > LIMIT.weight ? [`${(own / 1e6).toFixed(2)} MB of its own`] : []; });
  } catch (error) {
    report("open", name, [error.message.split("\n")[0]]);
  }
  await page.close();
}

/** The numbers and choices of exercises that have no field on any page. */
function unplaced(cases) {
  const book = pages.map((name) => fs.readFileSync(path.join(root, name), "utf8")).join("");
  return [...new Set(cases.map(([label]) => label))].filter((label) => !book.includes(`data-label="${label}"`));
}

/** The search finds a word, and its results are accessible. */
async function checkSearch(context, base, how) {
  const page = await context.newPage(), seen = watch(page, base);
  await page.setViewportSize({ width: 1280, height: 900 });
  await attempt("search", how, async () => [...await search(page, base, word), ...seen.problems]);
  if (how === "http") await attempt("axe", "search.html, results", async () => (await axe(page, axeSource)).grave.flatMap(({ id, impact, nodes }) => [`${id} [${impact}]`, ...nodes]));
  await page.close();
}

/** A page opened from the disk, without a server: it asks for nothing else, and its explorers answer to keys. */
async function checkFile(context, name, base) {
  const page = await context.newPage(), seen = watch(page, base);
  await page.setViewportSize({ width: 1280, height: 900 });
  await attempt("files", name, async () => {
    await view(page, name, base);
    const { failures } = await explorers(page, { quick: true });
    await view(page, name, base);
    return [...failures, ...await switches(page, { reload: true }), ...await hints(page), ...seen.problems];
  });
  await page.close();
}

/** Ten things that people look for, each by its common name and in a few clicks from the landing page. */
async function checkWays(context, base) {
  const page = await context.newPage();
  await page.route("**/vendor/mathjax/**", (route) => route.abort()); // no way leads through a formula
  await page.setViewportSize({ width: 1280, height: 900 });
  for (const way of TEN) await attempt("ways", `${way[0]} (${base.split(":")[0]})`, () => follow(page, base, way));
  await page.close();
}

const text = (name) => fs.readFileSync(path.join(root, name), "utf8"), whole = pages.filter((name) => !redirects(name) && name !== "search.html");
/** Pages of every kind: with explorers, with long tables, a part's first. */
const telling = new Set([...pages.filter((name) => /explorer\.css|fs-explorer|fx-panels/.test(text(name))).slice(0, 3), ...whole.filter((name) => /ledger|(^|\/)(index|intro)\.html$/.test(name)).slice(0, 2)]);

/** Everything that needs the browser, as functions of a context; the longest come first, so that all end together. */
function jobs(site, files) {
  const listed = [];
  if (["explorers", "network", "overflow", "axe", "mathematics", "screens", "print", "switch", "hints", "fields", "filters", "weight", "ledger"].some(wants)) {
    listed.push(...whole.filter((name) => !green.has(name)).sort((a, b) => text(b).length - text(a).length).map((name) => (context) => checkPage(context, name, site)));
  }
  if (wants("files")) listed.push(...[...telling].map((name) => (context) => checkFile(context, name, files)));
  if (wants("ways") && !options.pages) for (const base of [site, files]) listed.push((context) => checkWays(context, base));
  if (pages.includes("search.html")) for (const [base, how] of [[site, "http"], [files, "file"]]) listed.push((context) => checkSearch(context, base, how));
  return listed;
}

const answers = wants("fields") ? stored() : [], ledgers = [], site = await serve(root), browser = await launch();
try {
  await attempt("links", `${pages.length} pages`, () => links(root, pages).failures);
  await attempt("alt", `${pages.length} pages`, () => alternatives(root, pages).failures);
  await attempt("fields", "numbers", evaluator);
  if (!options.pages) await attempt("fields", "every number and choice", () => unplaced(answers));
  const queue = jobs(site.base, `${pathToFileURL(root).href}/`);
  const worker = async () => {
    const context = await freshContext(browser); // one each: pages of one context would share a process
    for (let job = queue.shift(); job; job = queue.shift()) await job(context);
    await context.close();
  };
  await Promise.all([worker(), worker()]);
  if (wants("ledger") && !options.pages && !green.size && !ledgers.length) console.log("SKIP ledger: no page of this book has a .fs-ledger table");
} finally {
  await browser.close();
  site.close();
}

for (const name of green) { // what was measured when the page was opened last
  const { high, weight } = memory.of(name);
  if (high) screens.set(name.replace(/\.html$/, ""), high);
  if (weight) weights.push({ name, ...weight });
}
if (!options.pages && !options.only) memory.keep(pages.filter((name) => !red.has(name)), (name) => ({ high: screens.get(name.replace(/\.html$/, "")), weight: weights.find((one) => one.name === name) }));
if (green.size) console.log(`${green.size} of ${pages.length} pages have not changed since they were green`);

if (screens.size) { // the build knows all measures of a page but its height
  const file = path.join(root, "pages.json"), measured = JSON.parse(fs.readFileSync(file, "utf8")).map((page) => ({ ...page, screens: screens.get(page.slug) ?? page.screens }));
  fs.writeFileSync(file, `${JSON.stringify(measured, null, 1)}\n`);
  console.log(`screens of 1280 x 900 px: ${[...screens].sort(([, a], [, b]) => b - a).map(([name, high]) => `${path.basename(name)} ${high}`).join(", ")}`);
}
if (times.length) {
  const at = (q, list) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(q * list.length))];
  const shown = (list) => `median ${at(0.5, list).toFixed(1)} ms, 95 % under ${at(0.95, list).toFixed(1)} ms (${list.length} keys)`;
  console.log(`latency, key to painted frame, of no consequence here: ${shown(times)}`);
  if (costs.length) {
    const ratio = at(0.5, costs) / at(0.5, bare);
    console.log(`work of the page for one key: ${shown(costs)}; of a bare page: ${shown(bare)}; ratio ${ratio.toFixed(1)}, limit ${LIMIT.ratio}`);
    report("work", "all explorers", ratio > LIMIT.ratio ? [`a key costs ${ratio.toFixed(1)} times what it costs on a bare page`] : []);
  }
}
if (wants("weight") && weights.length) {
  console.log("weight on the wire, kB: own (limit 1000), first visit with everything shared");
  for (const { name, own, first } of weights.sort((a, b) => b.own - a.own)) console.log(`  ${String(Math.round(own / 1e3)).padStart(5)} ${String(Math.round(first / 1e3)).padStart(6)}  ${name}`);
}
for (const [rule, where] of mild) console.log(`info axe ${rule}: ${[...where].map(([name, count]) => `${name} x${count}`).slice(0, 5).join(", ")}${where.size > 5 ? ` and ${where.size - 5} more` : ""}`);
console.log(`seconds by check, two at a time: ${[...spent].sort(([, a], [, b]) => b - a).map(([check, ms]) => `${check} ${Math.round(ms / 1000)}`).join(", ")}`);
console.log(`${((Date.now() - start) / 1000).toFixed(0)} s for ${pages.length} pages`);
console.log(`${tally.passed} passed, ${tally.failed} failed`);
process.exit(tally.failed ? 1 : 0);
