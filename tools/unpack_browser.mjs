// Unpacks the headless Chromium that npm carries (@sparticuz/chromium: Linux on x86-64, with the libraries and a font that a
// bare system lacks) and prints the path of a script that starts it.
//   node tools/unpack_browser.mjs FOLDER
import fs from "node:fs";
import path from "node:path";
import zlib from "node:zlib";
import { execFileSync } from "node:child_process";
import { createRequire } from "node:module";

const folder = path.resolve(process.argv[2]), start = path.join(folder, "chromium.sh");
const home = path.resolve(path.dirname(createRequire(import.meta.url).resolve("@sparticuz/chromium")), "../..");
const { version } = JSON.parse(fs.readFileSync(path.join(home, "package.json"), "utf8"));
const packed = (name) => zlib.brotliDecompressSync(fs.readFileSync(path.join(home, "bin", `${name}.br`)));

const CONFIG = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir>${folder}/fonts</dir>
  <cachedir>${folder}/font-cache</cachedir>
</fontconfig>
`;
const SCRIPT = `#!/bin/sh
# @sparticuz/chromium ${version}, unpacked by tools/unpack_browser.mjs
export FONTCONFIG_FILE="${folder}/fonts.conf"
export LD_LIBRARY_PATH="\${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}${folder}/lib"
exec "${folder}/chromium" "$@"
`;

const isThere = () => fs.existsSync(start) && fs.readFileSync(start, "utf8") === SCRIPT;

if (!isThere()) {
  fs.rmSync(folder, { recursive: true, force: true });
  fs.mkdirSync(folder, { recursive: true });
  fs.writeFileSync(path.join(folder, "chromium"), packed("chromium"), { mode: 0o755 });
  for (const name of ["al2023.tar", "fonts.tar", "swiftshader.tar"]) execFileSync("tar", ["-xf", "-", "--no-same-owner", "-C", folder], { input: packed(name) });
  fs.writeFileSync(path.join(folder, "fonts.conf"), CONFIG);
  fs.writeFileSync(start, SCRIPT, { mode: 0o755 }); // last: its presence says that all the rest is there
}
console.log(start);
