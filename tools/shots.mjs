// Pictures of built pages, to look at: wide and narrow, light and dark.
//   node tools/shots.mjs [--root _build/html] [--out _build/shots] [--full] [--widths 1280,400] [--modes light,dark] page.html ...
import fs from "node:fs";
import path from "node:path";
import { findPages, freshContext, launch, parse, serve, settled } from "../tests/book/chrome.mjs";

const { options, rest } = parse(process.argv.slice(2), ["full"]);
const root = options.root || "_build/html", out = options.out || "_build/shots";
const pages = rest.length ? rest : findPages(root);
fs.mkdirSync(out, { recursive: true });
const site = await serve(root), browser = await launch();
for (const mode of (options.modes || "light,dark").split(",")) {
  for (const width of (options.widths || "1280,400").split(",").map(Number)) {
    const context = await freshContext(browser, { viewport: { width, height: 900 }, colorScheme: mode });
    const page = await context.newPage();
    for (const name of pages) {
      await page.goto(site.base + name);
      await settled(page);
      if (options.selector) await page.locator(options.selector).first().scrollIntoViewIfNeeded();
      const file = path.join(out, `${name.replace(/\.html$/, "").replace(/\W+/g, "_")}_${width}_${mode}.png`);
      await (options.selector ? page.locator(options.selector).first() : page).screenshot({ path: file, fullPage: options.selector ? undefined : Boolean(options.full) });
      console.log(file);
    }
    await context.close();
  }
}
await browser.close();
site.close();
