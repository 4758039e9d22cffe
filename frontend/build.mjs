// Makes what the package ships of npm: `node build.mjs OUT` writes OUT/vendor (for the pages) and OUT/fonts (for the
// slates), each with the licences of what is in it. Nothing else of npm reaches the package or a browser.

import { build } from "esbuild";
import { copyFile, mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";

const out = path.resolve(process.argv[2] ?? "out");
const vendor = path.join(out, "vendor");
const fonts = path.join(out, "fonts");

const browser = {
  bundle: true,
  charset: "utf8",
  legalComments: "inline",
  logLevel: "warning",
  metafile: true,
  minify: true,
  outdir: vendor,
  platform: "browser",
  target: ["chrome105", "firefox110", "safari15.4"],
};

// The full hls.js, for its alternative audio. Its worker is a file of its own, so that a page needs no `blob:` in its
// content security policy; a worker is a classic script.
const results = [
  await build({ ...browser, format: "esm", entryPoints: { hls: "hls.js", "socket.io": "socket.io-client" } }),
  await build({ ...browser, format: "iife", entryPoints: { "hls.worker": "hls.js/dist/hls.worker.js" } }),
];

const bundled = new Set();
for (const { metafile } of results) {
  for (const input of Object.keys(metafile.inputs)) {
    const folder = input.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+(?=\/)/)?.[0];
    if (folder) bundled.add(folder);
  }
}
await writeFile(path.join(vendor, "LICENSES.txt"), await licences([...bundled].sort()));

await mkdir(fonts, { recursive: true });
for (const file of ["DejaVuSans.ttf", "DejaVuSans-Bold.ttf"]) {
  await copyFile(path.join("node_modules/dejavu-fonts-ttf/ttf", file), path.join(fonts, file));
}
await writeFile(path.join(fonts, "LICENSES.txt"), await licences(["node_modules/dejavu-fonts-ttf"]));

async function licences(folders) {
  const texts = [];
  for (const folder of folders) {
    const { name, version } = JSON.parse(await readFile(path.join(folder, "package.json"), "utf8"));
    const file = (await readdir(folder)).find((entry) => /^licen[cs]e/i.test(entry));
    if (!file) throw new Error(`${name} ${version} ships no licence text: it may not be bundled`);
    texts.push(`${name} ${version}\n\n${(await readFile(path.join(folder, file), "utf8")).trim()}\n`);
  }
  return texts.join(`\n${"-".repeat(78)}\n\n`);
}
