// What every browser script here needs: a Chromium, and the built book on a port of this machine.
import fs from "node:fs";
import http from "node:http";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-component-update", "--disable-sync"];

/** tools/find_browser.py knows where to look; the Makefile has asked it already. */
export const findChromium = () => process.env.CHROMIUM || execFileSync(python(), [path.join(import.meta.dirname, "../../tools/find_browser.py")], { encoding: "utf8" }).trim();

/** How long something that hangs is waited for, in milliseconds: no limit on how quick a page has to be. */
export const PATIENCE = 300000;

export const launch = () => chromium.launch({ executablePath: findChromium(), args: FLAGS, timeout: PATIENCE });

/** A context of its own, patient on a busy machine. */
export async function freshContext(browser, options = {}) {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(PATIENCE);
  return context;
}

const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml",
  ".png": "image/png", ".json": "application/json", ".woff": "font/woff", ".woff2": "font/woff2", ".ico": "image/x-icon", ".pdf": "application/pdf" };

/** Serve a folder on a free loopback port; resolves to { base, close }. */
export function serve(root) {
  root = path.resolve(root);
  const server = http.createServer((request, response) => {
    let file = path.join(root, decodeURIComponent(new URL(request.url, "http://x").pathname));
    if (file.endsWith(path.sep)) file += "index.html";
    if (!file.startsWith(root) || !fs.existsSync(file) || !fs.statSync(file).isFile()) { response.writeHead(404).end(); return; }
    // What all pages share is read once: a browser that keeps a script also keeps it compiled.
    const kept = file.includes(`${path.sep}_static${path.sep}`) ? { "cache-control": "max-age=3600" } : {};
    response.writeHead(200, { "content-type": TYPES[path.extname(file)] || "application/octet-stream", ...kept });
    fs.createReadStream(file).pipe(response);
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve({
    base: `http://127.0.0.1:${server.address().port}/`,
    close: () => { server.closeAllConnections(); server.close(); },
  })));
}

/** All pages of the built book, relative to its root, in a stable order. */
export function findPages(root) {
  const pages = [];
  const walk = (folder) => {
    for (const entry of fs.readdirSync(path.join(root, folder), { withFileTypes: true })) {
      const name = path.posix.join(folder, entry.name);
      if (entry.isDirectory() && !/^(_|\.)/.test(entry.name) && entry.name !== "reports") walk(name);
      else if (entry.isFile() && name.endsWith(".html")) pages.push(name);
    }
  };
  walk("");
  return pages.sort();
}

/** The page is still and whole: fonts, mathematics and widgets are in place. */
export async function settled(page, timeout = PATIENCE) {
  await page.waitForLoadState("load", { timeout });
  await page.waitForFunction(() => {
    const widgets = document.querySelectorAll('script[type="application/vnd.jupyter.widget-view+json"]').length;
    const shown = document.querySelectorAll(".fs-explorer").length;
    return widgets === 0 || shown > 0 && [...document.querySelectorAll(".fs-explorer .fx-host")].every((host) => host.querySelector(".fx-tick") || !host.checkVisibility());
  }, null, { timeout }).catch(() => {}); // the checks that follow say what is missing
  await page.evaluate(async () => {
    await document.fonts.ready;
    if (window.MathJax?.startup) await window.MathJax.startup.promise;
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  });
}

/** Open everything that a reader could open: folds, hidden cells, hidden solutions. */
export const openFolds = (page) => page.evaluate(() => {
  document.querySelectorAll("details").forEach((node) => { node.open = true; });
  document.querySelectorAll(".toggle-hidden").forEach((node) => node.classList.remove("toggle-hidden"));
});

/** Command line: --name value pairs, --flags, and the rest. */
export function parse(argv, flags = []) {
  const options = {}, rest = [];
  for (let i = 0; i < argv.length; i++) {
    if (!argv[i].startsWith("--")) rest.push(argv[i]);
    else if (flags.includes(argv[i].slice(2))) options[argv[i].slice(2)] = true;
    else options[argv[i].slice(2)] = argv[++i];
  }
  return { options, rest };
}

export function python() {
  for (const name of [process.env.PYTHON, ".venv/bin/python", "python3", "python"].filter(Boolean)) {
    try { execFileSync(name, ["--version"], { stdio: "ignore" }); return name; } catch { /* try the next */ }
  }
  throw new Error("No Python found; set PYTHON.");
}
