// Checks of one open page, driven like a reader would: keys, mouse, a narrow window, a dark screen.

import { PATIENCE, openFolds, settled } from "./chrome.mjs";

const SOON = PATIENCE / 10; // what does not happen by then does not happen

export const QUIET = "*, *::before, *::after { transition: none !important; animation: none !important; scroll-behavior: auto !important; }";

/** Collects what a page asks for and complains about. */
export function watch(page, base, root) {
  const seen = { files: new Set(), problems: new Set() };
  page.on("request", (request) => {
    const url = request.url();
    if (/^(data|blob|about):/.test(url)) return;
    if (url.startsWith(base)) seen.files.add(decodeURI(url.slice(base.length).split(/[?#]/)[0]));
    else seen.problems.add(`asks for ${url}`);
  });
  page.on("requestfailed", (request) => { if (request.failure()?.errorText !== "net::ERR_ABORTED") seen.problems.add(`failed: ${request.url()} ${request.failure()?.errorText}`); });
  page.on("response", (response) => { if (response.status() >= 400) seen.problems.add(`${response.status()}: ${response.url()}`); });
  page.on("console", (message) => { if (message.type() === "error") seen.problems.add(`console: ${message.text().slice(0, 200)}`); });
  page.on("pageerror", (error) => seen.problems.add(`error: ${error.message.slice(0, 200)}`));
  return seen;
}

export async function look(page, { width, dark }) {
  await page.setViewportSize({ width, height: 900 });
  await page.emulateMedia({ colorScheme: dark ? "dark" : "light" });
  await page.evaluate(async (theme) => {
    document.documentElement.dataset.theme = theme; // the theme follows the system only while its own script says so
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  }, dark ? "dark" : "light");
}

/** Elements that stick out of a window too narrow for them, widest first. */
export const overflow = (page) => page.evaluate(() => {
  const root = document.documentElement, most = root.scrollWidth;
  if (most <= window.innerWidth) return [];
  const scrolls = (node) => { for (let up = node.parentElement; up && up !== document.body; up = up.parentElement) if (getComputedStyle(up).overflowX !== "visible") return true; return false; };
  return [...document.body.querySelectorAll("*")]
    .map((node) => ({ node, right: node.getBoundingClientRect().right }))
    .filter(({ node, right }) => right > window.innerWidth + 0.5 && !scrolls(node))
    .sort((a, b) => b.right - a.right).slice(0, 3)
    .map(({ node, right }) => `${Math.round(right)} px of ${window.innerWidth}: <${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${node.textContent.trim().slice(0, 40)}`)
    .concat(`the page is ${most} px wide`).slice(0, 3);
});

/** How high a page stands at 1280 x 900, where its first picture begins, and which formulas do not fit their column. */
export const extent = (page) => page.evaluate(() => {
  const article = document.querySelector("article"), top = article.getBoundingClientRect().top, screen = (pixels) => Math.round(pixels / 90) / 10;
  const picture = [...article.querySelectorAll(".fs-explorer, figure img")].find((node) => node.checkVisibility());
  const cut = [...article.querySelectorAll("mjx-container[display='true']")].filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1);
  return {
    high: screen(article.scrollHeight),
    picture: picture ? screen(picture.getBoundingClientRect().top - top) : 0,
    cut: cut.map((node) => `cut off: ${node.textContent.trim().slice(0, 60)}`),
  };
});

/** The page as its own print button gives it on A4, with code and checks as the switch shows them: proofs and solutions are
 *  open, and nothing that holds words or signs is cut off. */
export async function paper(page) {
  await page.setViewportSize({ width: 688, height: 1000 }); // A4 between its margins, in CSS pixels
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  const failures = await page.evaluate(async () => {
    const found = [], article = document.querySelector("article"), button = document.querySelector(".fs-switch");
    const rest = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    for (const code of button ? ["folded", "shown"] : ["folded"]) {
      if (button && document.documentElement.dataset.fsCode !== code) button.click();
      await rest();
      window.dispatchEvent(new Event("beforeprint"));
      await rest();
      const edge = document.documentElement.clientWidth + 1;
      const say = (what, node) => found.push(`${what}, code ${code}: <${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${node.textContent.trim().slice(0, 50)}`);
      for (const fold of article.querySelectorAll("details:not([open]), .toggle-hidden")) if (fold.getClientRects().length) say("folded on paper", fold);
      if (button && (code === "shown") !== [...article.querySelectorAll(".fs-fold")].every((fold) => fold.getClientRects().length)) say("the switch does not decide", button);
      for (const node of article.querySelectorAll("pre, table, img, svg, figure, mjx-container, .output, .fs-evidence, .fs-scroll")) {
        if (!node.getClientRects().length) continue;
        const cut = node.scrollWidth > node.clientWidth + 1 && node.clientWidth && getComputedStyle(node).overflowX !== "visible";
        if (cut || node.getBoundingClientRect().right > edge) say(`cut off, ${Math.round(Math.max(node.scrollWidth, node.getBoundingClientRect().right))} px`, node);
      }
      window.dispatchEvent(new Event("afterprint"));
    }
    if (button && document.documentElement.dataset.fsCode === "shown") button.click();
    await rest();
    return found;
  });
  await page.emulateMedia({ media: "screen" });
  return failures.slice(0, 6).concat(failures.length > 6 ? `and ${failures.length - 6} more` : []);
}

/** The switch for code and checks: by key, by mouse, remembered; and a link into a fold opens it. */
export async function switches(page, { reload = false } = {}) {
  const folds = () => page.locator(".fs-fold").evaluateAll((all) => all.map((fold) => fold.open));
  const button = page.locator(".fs-switch"), failures = [], pressed = () => button.getAttribute("aria-pressed");
  if (!(await folds()).length) return [];
  if ((await button.count()) !== 1) return [`${await button.count()} switches for code and checks`];
  if ((await folds()).some(Boolean) || (await pressed()) !== "false") failures.push("the page does not open with its code folded");
  await page.keyboard.press("Alt+KeyC");
  if (!(await folds()).every(Boolean) || (await pressed()) !== "true") failures.push("Alt+C does not open all folds");
  if (reload) {
    await page.reload();
    await settled(page); // whoever leaves while an explorer loads makes it complain
    if (!(await folds()).every(Boolean)) failures.push("the switch is not remembered");
  }
  await button.click();
  if ((await folds()).some(Boolean)) failures.push("a click on the switch does not fold the code");
  const mark = page.locator(".fs-fold .fs-evidence[id]").last();
  if (await mark.count()) {
    const name = await mark.getAttribute("id");
    await page.evaluate((id) => { location.hash = id; }, name);
    const arrived = await page.waitForFunction((id) => {
      const { top, height } = document.getElementById(id).getBoundingClientRect();
      return height && top >= 0 && top < innerHeight;
    }, name, { timeout: SOON }).catch(() => null);
    if (!arrived) failures.push("a link to a mark does not lead into its fold");
  }
  const shown = page.locator("a.fs-open").first();
  if (await shown.count()) {
    await shown.click();
    const name = (await shown.getAttribute("href")).slice(1);
    const opened = await page.waitForFunction((id) => document.getElementById(id)?.open, name, { timeout: SOON }).catch(() => null);
    if (!opened) failures.push(`"show" does not open ${name}`);
  }
  return failures;
}

/** Two things fill a page without telling axe more: tokens of code that are styled alike, and the glyphs of formulas, which
 *  are no text to it. One token of a kind stays in the text; a formula becomes a box of its size that holds its words. */
const FOLD = () => {
  const SPEAKS = "[href], [tabindex], [role], [id], [aria-label], [title]", kinds = new Set(), boxes = [];
  const tag = (node) => node.cloneNode(false).outerHTML, shown = (node) => node.getClientRects().length;
  const place = (node) => { let text = ""; for (let up = node; up; up = up.parentElement) text += tag(up); return text; };
  window.fsFolded = [];
  const put = (node, ...children) => { window.fsFolded.push([node, [...node.childNodes], node.getAttribute("style")]); node.replaceChildren(...children); };
  for (const pre of [...document.querySelectorAll("pre")].filter(shown)) {
    const copy = pre.cloneNode(true), where = place(pre);
    for (const span of [...copy.querySelectorAll("span")].reverse()) { // what lies inside another comes first
      if (span.children.length || span.getAttributeNames().some((name) => name !== "class")) continue;
      const kind = place(span) + where;
      if (kinds.has(kind)) span.replaceWith(...span.childNodes);
      kinds.add(kind);
    }
    copy.normalize();
    put(pre, ...copy.childNodes);
  }
  for (const formula of [...document.querySelectorAll("mjx-container")].filter(shown)) {
    const glyphs = formula.querySelector(":scope > mjx-math[aria-hidden=true]"), words = formula.querySelector(":scope > mjx-assistive-mml > math");
    if (!glyphs || !words || glyphs.textContent.trim() || formula.querySelector(SPEAKS)) continue;
    const { width, height } = glyphs.getBoundingClientRect(), em = parseFloat(getComputedStyle(glyphs).fontSize);
    const fixed = !glyphs.querySelector("mjx-mtable"); // a table may be as wide as the window
    boxes.push([words, words.textContent], ...(fixed ? [[glyphs, "", `display: inline-block; width: ${width / em}em; height: ${height / em}em`]] : []));
  }
  for (const [node, text, style] of boxes) { put(node, text); if (style) node.style.cssText += `; ${style}`; }
};

const WHOLE = () => {
  for (const [node, children, style] of window.fsFolded) {
    node.replaceChildren(...children);
    if (style === null) node.removeAttribute("style"); else node.setAttribute("style", style);
  }
};

/** Do some work on the page as FOLD leaves it; then the page is whole again. */
export async function folded(page, work) {
  await page.evaluate(FOLD);
  await work();
  await page.evaluate(WHOLE);
}

const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/** All rules on the whole page, or some rules, or all but a part of it. */
export async function axe(page, source, { rules = null, without = null } = {}) {
  if (!(await page.evaluate(() => Boolean(window.axe)))) await page.evaluate(source);
  const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: TAGS };
  const violations = await page.evaluate(async ([only, left]) => (await window.axe.run(left ? { exclude: [left] } : document, { runOnly: only, resultTypes: ["violations"] })).violations
    .map(({ id, impact, nodes }) => ({ id, impact, count: nodes.length, nodes: nodes.slice(0, 3).map(({ target, html, any, all, none }) => `${target.join(" ").slice(0, 100)} | ${html.slice(0, 120).replace(/\s+/g, " ")} | ${([...any, ...all, ...none][0]?.message ?? "").slice(0, 140)}`) })), [runOnly, without]);
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return { grave, mild: violations.filter((one) => !grave.includes(one)) };
}

/** Tools inside the page: what a picture looks like now, and how long a key takes to the next painted frame. */
const TOOLS = () => {
  const numbers = new Map(); // a picture is a long text: it stays in the page, its number comes out
  window.fsPicture = (explorer) => {
    const text = [...explorer.querySelectorAll(".fx-host svg")]
      .map((svg) => [...svg.querySelectorAll("path, image, text")].map((node) => node.getAttribute("d") ?? node.getAttribute("href") ?? node.textContent).join(";")).join("|");
    return numbers.get(text) ?? (numbers.set(text, numbers.size), numbers.get(text));
  };
  window.fsTimes = [];
  addEventListener("keydown", (event) => {
    const start = event.timeStamp;
    requestAnimationFrame(() => { const channel = new MessageChannel(); channel.port1.onmessage = () => window.fsTimes.push(performance.now() - start); channel.port2.postMessage(0); });
  }, { capture: true });
};

const KEYS = ["Home", "ArrowRight", "ArrowRight", "End", "ArrowLeft", "ArrowLeft", "Home", "End"];

/** Milliseconds of the page's own processor time that a key on this slider costs: what else the machine does plays no part. */
async function work(page, input) {
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const spent = async () => (await session.send("Performance.getMetrics")).metrics.find(({ name }) => name === "TaskDuration").value;
  await input.focus();
  const costs = [];
  for (const key of [...KEYS, ...KEYS]) {
    const before = await spent();
    await page.keyboard.press(key);
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0))));
    costs.push(1000 * (await spent() - before));
  }
  await session.detach();
  return costs.slice(KEYS.length); // the first round compiles
}

const BARE = '<label>bare <input type="range" min="0" max="9" value="0"></label><svg width="400" height="200"><path stroke="black" fill="none"/></svg>';

/** The same on a page that holds one slider and one curve of 60 points: the measure of this machine. */
export async function bareWork(context) {
  const page = await context.newPage();
  await page.setContent(BARE);
  await page.evaluate(() => {
    const input = document.querySelector("input"), path = document.querySelector("path");
    input.addEventListener("input", () => path.setAttribute("d", `M${Array.from({ length: 60 }, (_, i) => `${7 * i} ${100 + 90 * Math.sin((i * (1 + Number(input.value))) / 9)}`).join("L")}`));
  });
  const costs = await work(page, page.locator("input"));
  await page.close();
  return costs;
}

const picture = (input) => input.evaluate((node) => [window.fsPicture(node.closest(".fs-explorer")), node.getAttribute("aria-valuetext")]);

async function press(page, input, key) {
  await input.focus();
  await page.keyboard.press(key);
  return input.evaluate(async (node) => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return [window.fsPicture(node.closest(".fs-explorer")), node.getAttribute("aria-valuetext")];
  });
}

/** One slider by keyboard: Home, one step, End; the value is spoken, the picture follows. */
async function keyboard(page, input, name) {
  const [home, first] = await press(page, input, "Home"), [step, second] = await press(page, input, "ArrowRight"), [end, last] = await press(page, input, "End");
  if (!first || !second || !last) return `${name}: no aria-valuetext`;
  if (first === second || first === last) return `${name}: the keys do not change the value (${first}, ${second}, ${last})`;
  return home === step && home === end ? "still" : null;
}

/** One slider by mouse: a click on the track, then a drag of the thumb. */
async function mouse(page, input, name) {
  await press(page, input, "Home");
  await input.scrollIntoViewIfNeeded();
  const [, first] = await picture(input), box = await input.boundingBox(), y = box.y + box.height / 2;
  await page.mouse.click(box.x + box.width - 12, y);
  const [, clicked] = await picture(input);
  await page.mouse.move(box.x + box.width - 9, y);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2, y, { steps: 4 });
  await page.mouse.move(box.x + 4, y, { steps: 4 });
  await page.mouse.up();
  const [, dragged] = await picture(input);
  if (clicked === first) return `${name}: a click on the track does not change the value`;
  return dragged === clicked ? `${name}: dragging does not change the value` : null;
}

/** A choice among names: every button changes the picture or is the one that shows, arrow keys move the choice. */
async function choice(page, group, name) {
  const radios = await group.$$("input[type=radio]"), seen = new Set(), failures = [];
  const state = (radio) => radio.evaluate(async (node) => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
    return [node.checked, window.fsPicture(node.closest(".fs-explorer"))];
  });
  for (const radio of radios) {
    await radio.click();
    const [checked, shape] = await state(radio);
    if (!checked) failures.push(`${name}: a click does not choose`);
    seen.add(shape);
  }
  await radios[0].focus();
  await page.keyboard.press("ArrowRight");
  if (radios.length > 1 && !(await state(radios[1]))[0]) failures.push(`${name}: the arrow keys do not choose`);
  if (radios.length > 1 && seen.size < 2) failures.push(`${name}: the picture does not change`);
  return failures;
}

/** Settings to try: each button sets what it names, and no two show the same. */
async function settings(explorer, name) {
  const buttons = await explorer.locator(".fx-settings button").elementHandles(), seen = new Set(), failures = [];
  for (const button of buttons) {
    await button.click();
    seen.add(await button.evaluate(async (node) => {
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
      return [...node.closest(".fs-explorer").querySelectorAll("input")].map((input) => (input.type === "radio" ? input.checked : input.value)).join();
    }));
  }
  if (seen.size < buttons.length) failures.push(`${name}: two settings to try are the same`);
  return failures;
}

/** Every control of every explorer on the page; returns failures, latencies and the work of keys in milliseconds. */
export async function explorers(page, { quick = false } = {}) {
  await openFolds(page);
  await page.evaluate(TOOLS);
  const found = await page.locator(".fs-explorer").all(), failures = [], costs = [];
  const cells = await page.locator('script[type="application/vnd.jupyter.widget-view+json"]').count();
  if (cells > found.length && !(await page.locator(".jupyter-widgets:not(:has(.fs-explorer))").count())) failures.push(`${cells} widgets in the page, ${found.length} explorers drawn`);
  for (const [number, explorer] of found.entries()) {
    if (!(await explorer.locator(".fx-host svg path").count())) { failures.push(`explorer ${number + 1}: nothing is drawn`); continue; }
    const inputs = await explorer.locator('input[type="range"]').elementHandles(), groups = await explorer.locator("fieldset").elementHandles();
    if (!quick && inputs.length) costs.push(...await work(page, inputs[0]));
    failures.push(...await settings(explorer, `explorer ${number + 1}`));
    for (const group of groups) failures.push(...await choice(page, group, `explorer ${number + 1}, ${await group.evaluate((node) => node.querySelector("legend").textContent)}`));
    for (const [i, input] of inputs.entries()) {
      const name = `explorer ${number + 1}, ${await input.evaluate((node) => node.labels[0]?.textContent ?? "slider without a label")}`;
      if ((await input.evaluate((node) => +node.max)) === 0) continue; // a single value: nothing to move
      let state = await keyboard(page, input, name);
      // A slider may have no effect at the end of another one, or under one of the names; try elsewhere before complaining.
      const elsewhere = [
        ...inputs.filter((_, j) => j !== i).flatMap((other) => ["Home", "End", "PageUp"].map((key) => () => press(page, other, key))),
        ...(await Promise.all(groups.map((group) => group.$$("input")))).flat().map((radio) => () => radio.click()),
      ];
      for (const go of elsewhere) {
        if (state !== "still") break;
        await go();
        state = await keyboard(page, input, name);
      }
      if (state) failures.push(state === "still" ? `${name}: the picture does not change` : state);
      const trouble = quick ? null : await mouse(page, input, name);
      if (trouble) failures.push(trouble);
    }
  }
  return { count: found.length, failures, costs, times: await page.evaluate(() => window.fsTimes) };
}

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
