// Which pages were green, and what was measured of them: a page that has not changed is not opened again.
import crypto from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { execFileSync } from "node:child_process";
import { findChromium } from "./chrome.mjs";

const digest = (...parts) => parts.reduce((total, part) => total.update(part), crypto.createHash("sha256")).digest("hex");
// What is made from the texts of all pages changes with any of them; what it does is checked on the pages that it serves.
const MADE = /^(previews|searchindex|search-index)[^/]*\.js$/;

/** Everything that may change what a check finds on a page, but for the page. */
function shared(root) {
  const files = (folder) => fs.readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath, entry.name));
  const statics = files(path.join(root, "_static")).filter((file) => !MADE.test(path.basename(file)));
  const checks = files(import.meta.dirname).filter((file) => /\.(mjs|json)$/.test(file));
  const texts = [...statics, ...checks].sort().map((file) => digest(path.relative(root, file), fs.readFileSync(file)));
  return digest(...texts, execFileSync(findChromium(), ["--version"], { stdio: ["ignore", "pipe", "ignore"] }), fs.readFileSync("package-lock.json"));
}

/** The pages of the last green runs: of those that `knows`, `of` holds the measures; `keep` writes down the green ones. */
export function recall(root, { ask }) {
  const file = path.join(path.dirname(root), "browser.json"), common = shared(root);
  const known = ask && fs.existsSync(file) ? JSON.parse(fs.readFileSync(file, "utf8")) : {};
  // The addresses of what all pages share carry its version, which `common` holds already.
  const key = (name) => digest(common, fs.readFileSync(path.join(root, name), "utf8").replace(/\?(v|digest)=[0-9a-f]+/g, ""));
  return {
    knows: (name) => known[name]?.key === key(name),
    of: (name) => known[name] ?? {},
    keep: (names, measures) => fs.writeFileSync(file, `${JSON.stringify(Object.fromEntries(names.map((name) => [name, { key: key(name), ...measures(name) }])), null, 1)}\n`),
  };
}
