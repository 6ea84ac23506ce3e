/** The application of the canvass, built by itself: what it weighs and what it keeps offline is its own. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const out = resolve(import.meta.dirname, "../src/isoloir/web/static/canvass");
interface Chunk {
  file: string;
  isEntry?: boolean;
  css?: string[];
  assets?: string[];
}

const filesOf = (chunks: Chunk[]): string[] =>
  [...new Set(chunks.flatMap((c) => [c.file, ...(c.css ?? []), ...(c.assets ?? [])]))].filter((name) => name !== "sw.js");

/** Tells the service worker which files to keep, those that the application cannot open without first, and makes compressed copies of them all. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    closeBundle() {
      const chunks: Chunk[] = Object.values(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")));
      const all = filesOf(chunks);
      const kept = all.filter((name) => !name.includes("latin-ext")).sort();
      const first = new Set(filesOf(chunks.filter((c) => c.isEntry)));
      const build = createHash("sha256").update(JSON.stringify(kept)).digest("hex").slice(0, 12);
      const worker = join(out, "sw.js");
      const listed = (names: string[]): string => names.map((name) => JSON.stringify(name)).join(",");
      const text = readFileSync(worker, "utf8")
        .replace("__BUILD__", build)
        .replace(/["'`]__SHELL__["'`]/, listed(kept.filter((name) => first.has(name))))
        .replace(/["'`]__LATER__["'`]/, listed(kept.filter((name) => !first.has(name))));
      writeFileSync(worker, text);
      for (const name of all.filter((n) => /\.(m?js|css)$/.test(n))) {
        const raw = readFileSync(join(out, name));
        writeFileSync(join(out, `${name}.gz`), gzipSync(raw, { level: 9 }));
        writeFileSync(join(out, `${name}.br`), brotliCompressSync(raw));
      }
    },
  };
}

export default defineConfig({
  base: "./",
  publicDir: false,
  plugins: [offline()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    manifest: "manifest.json",
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rollupOptions: {
      input: { app: resolve(import.meta.dirname, "canvass/main.ts"), sw: resolve(import.meta.dirname, "canvass/sw.ts") },
      output: { entryFileNames: (chunk) => (chunk.name === "sw" ? "sw.js" : "assets/[name]-[hash].js") },
    },
  },
});
