import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { defineConfig, type Plugin } from "vite";

const out = resolve(import.meta.dirname, "../src/isoloir/web/static/map");

/** Compressed copies beside the files, which the server sends to the browsers that take them. */
function compressed(): Plugin {
  return {
    name: "compressed",
    apply: "build",
    closeBundle() {
      for (const name of readdirSync(join(out, "assets")).filter((n) => /\.(m?js|css)$/.test(n))) {
        const file = join(out, "assets", name);
        const raw = readFileSync(file);
        writeFileSync(`${file}.gz`, gzipSync(raw, { level: 9 }));
        writeFileSync(`${file}.br`, brotliCompressSync(raw));
      }
    },
  };
}

export default defineConfig({
  base: "./", // the built files find one another wherever they are put
  publicDir: false,
  plugins: [compressed()],
  build: {
    outDir: out,
    emptyOutDir: true,
    target: "es2022",
    manifest: "manifest.json",
    assetsInlineLimit: 0, // the pages' security policy lets fonts and scripts come from files only
    chunkSizeWarningLimit: 1500,
    modulePreload: { polyfill: false },
    rollupOptions: {
      // htmx can evaluate text, and is told not to (src/field/field.ts)
      onwarn: (warning, warn) => warning.code === "EVAL" || warn(warning),
      input: ["src/main.ts", "src/field/field.ts"].map((entry) => resolve(import.meta.dirname, entry)),
    },
  },
});
