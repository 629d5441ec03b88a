// Checks that need no browser: links, fragments, alternative texts, weights.
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";

const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", "#39": "'", "#x27": "'" };
const decode = (text) => text.replace(/&(#?\w+);/g, (all, name) => ENTITIES[name] ?? all);
const attribute = (tag, name) => { const found = tag.match(new RegExp(`\\s${name}\\s*=\\s*("([^"]*)"|'([^']*)')`, "i")); return found ? decode(found[2] ?? found[3]) : null; };
const read = (root, name) => fs.readFileSync(path.join(root, name), "utf8");
// What stands inside scripts and comments is no markup; the tags of scripts themselves are.
const markup = (text) => text.replace(/<!--[\s\S]*?-->/g, "").replace(/(<script\b[^>]*>)[\s\S]*?<\/script>/gi, "$1");
const unescapeUrl = (url) => { try { return decodeURIComponent(url); } catch { return url; } };

/** Every href and src of the pages points to a file, and every fragment to an id in it. */
export function links(root, pages) {
  const ids = new Map(), failures = [];
  let count = 0;
  const idsOf = (name) => {
    if (!ids.has(name)) ids.set(name, new Set([...markup(read(root, name)).matchAll(/\s(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)')/gi)].map((m) => decode(m[1] ?? m[2]))));
    return ids.get(name);
  };
  for (const name of pages) {
    for (const [tag] of markup(read(root, name)).matchAll(/<(?:a|link|script|img|iframe|source)\b[^>]*>/gi)) {
      const url = attribute(tag, "href") ?? attribute(tag, "src");
      if (url === null || url === "#" || /^([a-z][a-z0-9+.-]*:|\/\/)/i.test(url) || /\bhidden\b/.test(tag)) continue;
      const [place, fragment] = url.split("#", 2), file = place.split("?")[0];
      const target = file ? path.posix.normalize(path.posix.join(path.posix.dirname(name), unescapeUrl(file))) : name;
      const where = target.endsWith("/") || target === "." ? path.posix.join(target, "index.html") : target;
      count += 1;
      if (where.startsWith("..") || !fs.existsSync(path.join(root, where))) failures.push(`${name}: no such file: ${url}`);
      else if (fragment && where.endsWith(".html") && !idsOf(where).has(unescapeUrl(fragment))) failures.push(`${name}: no such place: ${url}`);
    }
  }
  return { count, failures };
}

/** Every picture of an article says in words what it shows; a file's name is no description. */
export function alternatives(root, pages) {
  const failures = [];
  let count = 0;
  for (const name of pages) {
    const article = markup(read(root, name)).match(/<article\b[\s\S]*<\/article>/i)?.[0] ?? "";
    for (const [tag] of article.matchAll(/<img\b[^>]*>/gi)) {
      count += 1;
      const alt = attribute(tag, "alt"), source = attribute(tag, "src") ?? "";
      if (attribute(tag, "role") === "presentation" && alt === "") continue;
      if (!alt || !alt.trim()) failures.push(`${name}: no alternative text: ${source}`);
      else if (/\.(png|svg|jpe?g|gif|webp)$/i.test(alt) || /^[0-9a-f]{16,}$/i.test(alt) || alt.includes("_images/")) failures.push(`${name}: a file name for an alternative text: ${alt}`);
    }
  }
  return { count, failures };
}

const sizes = new Map();

/** Bytes that a server would send for a file: gzipped, except what is compressed already. */
function wire(root, name) {
  if (!sizes.has(name)) {
    const bytes = fs.readFileSync(path.join(root, name));
    sizes.set(name, /\.(png|jpe?g|webp|gif|woff2?|pdf)$/i.test(name) ? bytes.length : zlib.gzipSync(bytes).length);
  }
  return sizes.get(name);
}

/** What a page itself weighs, and what it weighs with all it shares with others (_static), at a first visit. */
export function weigh(root, files) {
  const known = [...files].filter((name) => fs.existsSync(path.join(root, name)) && fs.statSync(path.join(root, name)).isFile());
  const sum = (names) => names.reduce((total, name) => total + wire(root, name), 0);
  return { own: sum(known.filter((name) => !name.startsWith("_static/"))), first: sum(known) };
}
