// Checks of one open page, driven like a reader would: keys, mouse, a narrow window, a dark screen.

import { PATIENCE, settled } from "./chrome.mjs";

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
  const small = [...article.querySelectorAll("mjx-container")].filter((node) => node.checkVisibility() && node.style.fontSize !== node.dataset.fsSize && node.getBoundingClientRect().width < article.clientWidth / 4);
  return {
    high: screen(article.scrollHeight),
    picture: picture ? screen(picture.getBoundingClientRect().top - top) : 0,
    cut: [...cut.map((node) => `cut off: ${node.textContent.trim().slice(0, 60)}`), ...small.map((node) => `short, but set smaller: ${node.textContent.trim().slice(0, 60)}`)],
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
    const measure = (say) => {
      const edge = document.documentElement.clientWidth + 1;
      for (const node of article.querySelectorAll("pre, table, img, svg, figure, mjx-container, .output, .fs-evidence, .fs-scroll")) {
        if (!node.getClientRects().length) continue;
        const cut = node.scrollWidth > node.clientWidth + 1 && node.clientWidth && getComputedStyle(node).overflowX !== "visible";
        if (cut || node.getBoundingClientRect().right > edge) say(`cut off, ${Math.round(Math.max(node.scrollWidth, node.getBoundingClientRect().right))} px`, node);
      }
    };
    for (const code of button ? ["folded", "shown"] : ["folded"]) {
      if (button && document.documentElement.dataset.fsCode !== code) button.click();
      await rest();
      window.dispatchEvent(new Event("beforeprint"));
      await rest();
      const words = [...document.querySelectorAll(".fs-field input, .fs-field button, .fs-field .fs-said, .fs-line, .fs-next-hint")].filter((node) => node.checkVisibility()).length;
      if (words) found.push(`${words} parts of fields on paper`);
      for (const node of document.querySelectorAll("p[id^=hand-in-]")) if (!node.checkVisibility()) found.push(`not on paper: ${node.textContent.slice(0, 50)}`);
      const say = (what, node) => found.push(`${what}, code ${code}: <${node.tagName.toLowerCase()} class="${node.getAttribute("class") ?? ""}"> ${node.textContent.trim().slice(0, 50)}`);
      for (const fold of article.querySelectorAll("details:not([open]), .toggle-hidden")) if (fold.getClientRects().length) say("folded on paper", fold);
      if (button && (code === "shown") !== [...article.querySelectorAll(".fs-fold")].every((fold) => fold.getClientRects().length)) say("the switch does not decide", button);
      if (!button || code === "shown") measure(say); // all that stands on paper with the code folded stands there now, as wide
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

/** What a page says of a letter and of a reference at which a reader points; Escape takes it away. */
export async function hints(page) {
  const failures = [], tip = page.locator(".fs-tip");
  const spots = page.locator("article mjx-math > mjx-msub, article mjx-math > mjx-mi"), links = page.locator("article section a.reference.internal[href^='#']");
  for (const [what, all] of [["a letter", spots], ["a reference", links]]) {
    const seen = await all.evaluateAll((nodes) => {
      const signs = (node) => [...node.querySelectorAll("mjx-c")].map((sign) => sign.className).join(" ");
      const listed = new Set([...document.querySelectorAll(".fs-symbols-list dt mjx-math")].map((math) => signs(math.firstElementChild)));
      return nodes.findIndex((node) => node.checkVisibility() && !node.closest(".fs-symbols") && (node.tagName === "A" || listed.has(signs(node))));
    });
    if (seen < 0) continue;
    let shown = null;
    for (const end = Date.now() + SOON; !shown && Date.now() < end;) { // what still moves on the page takes a hint away: point again
      await page.mouse.move(0, 0);
      await all.nth(seen).hover({ force: true });
      shown = await page.waitForFunction(() => document.querySelector(".fs-tip:not([hidden])")?.textContent.trim(), null, { timeout: SOON / 10 }).catch(() => null);
    }
    if (!shown) failures.push(`pointing at ${what} shows nothing`);
    if (await tip.locator("form, input, button, label, a[href], [id]").count()) failures.push(`pointing at ${what} shows something to answer or to follow`);
    await page.keyboard.press("Escape");
    if (await tip.isVisible()) failures.push("Escape leaves the hint open");
  }
  return failures;
}
