// Prints the built book to one PDF: each page with Chromium, joined by pdf_join.py; the landing page then links to it.
//   node tools/pdf.mjs [--root _build/html] [--toc _toc.yml] [--out _build/html/few-steps.pdf] [page.html ...]
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { freshContext, launch, openFolds, parse, python, serve, settled } from "../tests/book/chrome.mjs";

const { options, rest } = parse(process.argv.slice(2));
const root = options.root || "_build/html", out = options.out || path.join(root, "few-steps.pdf");

/** Pages in reading order: the root and every file of the table of contents. */
function inOrder(toc) {
  return [...fs.readFileSync(toc, "utf8").matchAll(/^\s*(?:-\s+)?(?:root|file):\s*["']?([^\s"'#]+)/gm)].map(([, name]) => `${name.replace(/\.(md|ipynb)$/, "")}.html`)
    .filter((name) => !name.startsWith("book/reference/")); // for a screen: links and search
}

const pages = rest.length ? rest : inOrder(options.toc || "_toc.yml");
const missing = pages.filter((name) => !fs.existsSync(path.join(root, name)));
if (missing.length) { console.error(`Not built: ${missing.join(", ")}. Run \`make book\` first.`); process.exit(1); }

const folder = fs.mkdtempSync(path.join(os.tmpdir(), "few-steps-")), site = await serve(root), browser = await launch();
const parts = new Array(pages.length), queue = pages.map((name, i) => ({ name, i }));

async function print(context, { name, i }) {
  const page = await context.newPage();
  await page.goto(site.base + name);
  await settled(page);
  await openFolds(page);
  await page.emulateMedia({ media: "print", colorScheme: "light" });
  await page.evaluate(() => { document.documentElement.dataset.theme = "light"; });
  await page.waitForLoadState("networkidle").catch(() => {});
  await settled(page); // explorers take the width of the paper
  // Links between pages become links inside the PDF (pdf_join.py turns these addresses into jumps); downloads go.
  await page.evaluate(({ base, known }) => {
    for (const link of document.querySelectorAll("a[href]")) {
      if (link.getAttribute("href").startsWith("#") || !link.href.startsWith(base)) continue;
      const [target] = link.href.slice(base.length).split(/[?#]/);
      if (target === location.href.slice(base.length).split(/[?#]/)[0] && link.hash) link.setAttribute("href", link.hash);
      else if (known.includes(target)) link.href = `https://few-steps.invalid/${target}`;
      else link.removeAttribute("href");
    }
  }, { base: site.base, known: pages });
  const title = await page.locator("article h1").first().evaluate((node) => { const copy = node.cloneNode(true); copy.querySelectorAll(".headerlink, mjx-assistive-mml").forEach((part) => part.remove()); return copy.textContent.trim(); }).catch(() => name);
  const file = path.join(folder, `${String(i).padStart(3, "0")}.pdf`);
  await page.pdf({ path: file, format: "A4", printBackground: true, tagged: true, outline: true, margin: { top: "16mm", bottom: "18mm", left: "14mm", right: "14mm" },
    displayHeaderFooter: true, headerTemplate: "<span></span>", footerTemplate: '<div style="font-size:8px;width:100%;text-align:center;color:#555">Few Steps</div>' });
  parts[i] = { file, title, name };
  await page.close();
}

try {
  const context = await freshContext(browser, { viewport: { width: 688, height: 1000 } }); // A4 between its margins, in CSS pixels
  const worker = async () => { for (let job = queue.shift(); job; job = queue.shift()) await print(context, job); };
  await Promise.all([worker(), worker()]);
} finally {
  await browser.close();
  site.close();
}

const manifest = path.join(folder, "parts.json");
fs.writeFileSync(manifest, JSON.stringify(parts));
console.log(execFileSync(python(), [path.join(import.meta.dirname, "pdf_join.py"), manifest, out], { encoding: "utf8" }).trim());
fs.rmSync(folder, { recursive: true });

// The landing page holds a hidden link for the day a PDF exists.
const landing = path.join(root, "book/index.html");
if (fs.existsSync(landing)) {
  const before = fs.readFileSync(landing, "utf8");
  const after = before.replace(/<a\b[^>]*\bfs-pdf\b[^>]*>/g, (tag) => tag.replace(/\s+hidden(="[^"]*")?(?=[\s>])/, ""));
  if (after !== before) { fs.writeFileSync(landing, after); console.log(`${landing} now links to it`); }
}
