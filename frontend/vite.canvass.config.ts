/** The application of the canvass, built by itself: what it weighs and what it keeps offline is its own. */

import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const out = resolve(import.meta.dirname, "../src/isoloir/web/static/canvass");
interface Chunk {
  file: string;
  css?: string[];
  assets?: string[];
}

/** Tells the service worker which files to keep, and makes compressed copies of them all. */
function offline(): Plugin {
  return {
    name: "offline",
    apply: "build",
    closeBundle() {
      const chunks: Chunk[] = Object.values(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8")));
      const all = [...new Set(chunks.flatMap((c) => [c.file, ...(c.css ?? []), ...(c.assets ?? [])]))].filter((name) => name !== "sw.js");
      const files = all.filter((name) => !name.includes("latin-ext")).sort();
      const build = createHash("sha256").update(JSON.stringify(files)).digest("hex").slice(0, 12);
      const worker = join(out, "sw.js");
      const text = readFileSync(worker, "utf8").replace("__BUILD__", build).replace(/["'`]__FILES__["'`]/, files.map((f) => JSON.stringify(f)).join(","));
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
