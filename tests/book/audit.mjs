// Accessibility of one open page, by axe; what would only slow it down is folded for that while.

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

/** All rules on the whole page, or some rules; without its article where only what stands around it is asked for. */
export async function axe(page, source, { rules = null, around = false } = {}) {
  if (!(await page.evaluate(() => Boolean(window.axe)))) {
    await page.evaluate(source);
    await page.evaluate(() => window.axe.configure({ noHtml: true })); // it writes down every node that it looks at
  }
  const runOnly = rules ? { type: "rule", values: rules } : { type: "tag", values: TAGS };
  const violations = await page.evaluate(async ([only, empty, preload]) => {
    const article = document.querySelector("article"), hole = document.createElement("div");
    if (empty) article?.replaceWith(hole);
    const found = await window.axe.run(document, { runOnly: only, resultTypes: ["violations"], preload });
    if (empty && article) hole.replaceWith(article);
    const words = (target) => (typeof target === "string" ? document.querySelector(target)?.outerHTML : "") ?? "";
    return found.violations.map(({ id, impact, nodes }) => ({
      id, impact, count: nodes.length,
      nodes: nodes.slice(0, 3).map(({ target, any, all, none }) => `${target.join(" ").slice(0, 100)} | ${words(target[0]).slice(0, 120).replace(/\s+/g, " ")} | ${([...any, ...all, ...none][0]?.message ?? "").slice(0, 140)}`),
    }));
  }, [runOnly, around, !rules]);
  const grave = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return { grave, mild: violations.filter((one) => !grave.includes(one)) };
}
