// Makes the page one file: `node build.mjs FOLDER` writes index.html.gz and index.etag there.
//
// Scripts and styles go into the HTML, so that a phone on a weak network has all or nothing, and
// the board answers one request. The content security policy names them by their hashes: nothing
// else may run, and nothing may be fetched from anywhere but the bridge.

import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { buildSync } from "esbuild";

const HERE = dirname(fileURLToPath(import.meta.url));

function bundle(entry) {
  const { outputFiles } = buildSync({
    entryPoints: [join(HERE, entry)],
    bundle: true,
    minify: true,
    write: false,
    format: "iife",
    target: "es2020",
    legalComments: "none",
    charset: "utf8",
    logLevel: "warning",
  });
  return outputFiles[0].text.trim();
}

function hashOf(text) {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}

function makePage() {
  // A closing tag inside a script would end it.
  const script = bundle("js/main.js").replaceAll("</script", "<\\/script");
  const style = bundle("css/main.css");
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(script)}`,
    `style-src ${hashOf(style)}`,
    "connect-src 'self'",
    "img-src data:",
    "form-action 'none'",
    "base-uri 'none'",
  ].join("; ");
  // Before scripts and styles are in it: not a byte of those may change any more.
  const html = readFileSync(join(HERE, "index.html"), "utf8").replace(/\n\s*/g, "\n");
  // Functions, because "$&" in a replacement text has a meaning.
  return html
    .replace(
      "<!-- policy -->",
      () => `<meta http-equiv=Content-Security-Policy content="${policy}">`,
    )
    .replace("<!-- style -->", () => `<style>${style}</style>`)
    .replace("<!-- script -->", () => `<script>${script}</script>`);
}

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node build.mjs FOLDER");
  process.exit(2);
}
const page = gzipSync(makePage(), { level: 9 });
// The tag of what is inside, so that the same page is never fetched twice.
const etag = createHash("sha256").update(page).digest("hex").slice(0, 16);
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "index.html.gz"), page);
writeFileSync(join(folder, "index.etag"), `${etag}\n`);
console.log(`page: ${page.length} bytes gzip`);
