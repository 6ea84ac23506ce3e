// Runs in every frame before the page's own scripts: tells what scripts write, keeps what only they can reach.
// `__NAME__` is replaced by a name drawn for each visit, so that pages cannot look for it.
(() => {
  const say = window["__NAME__"];
  if (window["__NAME__state"]) return;
  const state = { roots: [], timers: new Map(), said: 0, changed: performance.now() };
  Object.defineProperty(window, "__NAME__state", { value: state, enumerable: false });
  if (say) delete window["__NAME__"];
  const clip = (text, size) => String(text).slice(0, size);
  const script = () => {
    const found = (new Error().stack || "").split("\n").slice(3).map((l) => l.match(/(https?:\/\/[^\s)]+):\d+:\d+/)).find(Boolean);
    return found ? clip(found[1], 300) : "";
  };
  const tell = (kind, name, value) => {
    if (!say || state.said > 500) return;
    state.said += 1;
    try { say(JSON.stringify({ kind, name: clip(name, 200), value: clip(value, 2000), script: script(), frame: clip(location.href, 500) })); } catch { /* the page went away */ }
  };
  const wrap = (owner, name, before) => {
    const original = owner && owner[name];
    if (typeof original !== "function") return;
    owner[name] = new Proxy(original, { apply(target, self, given) { try { before(self, given); } catch { /* never disturb the page */ } return Reflect.apply(target, self, given); } });
  };

  const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
  if (cookie) Object.defineProperty(Document.prototype, "cookie", {
    ...cookie,
    set(value) { tell("cookie", String(value).split("=")[0].trim(), value); return cookie.set.call(this, value); },
  });
  if (window.CookieStore) wrap(CookieStore.prototype, "set", (_, [first, second]) => {
    const o = typeof first === "object" ? first : { name: first, value: second };
    tell("cookie", o.name, `${o.name}=${o.value}` + (o.expires ? `; expires=${new Date(+o.expires).toUTCString()}` : "") + (o.domain ? `; domain=${o.domain}` : ""));
  });
  wrap(Storage.prototype, "setItem", (self, [key, value]) => {
    let kind = "local";
    try { if (self === window.sessionStorage) kind = "session"; } catch { /* storage is refused here */ }
    tell(kind, key, value);
  });
  const canvas = HTMLCanvasElement.prototype;
  const size = (c) => `${c.width}x${c.height}`;
  wrap(canvas, "toDataURL", (self) => tell("canvas", "toDataURL", size(self)));
  wrap(canvas, "toBlob", (self) => tell("canvas", "toBlob", size(self)));
  wrap(CanvasRenderingContext2D.prototype, "getImageData", (self) => tell("canvas", "getImageData", size(self.canvas)));
  for (const gl of [window.WebGLRenderingContext, window.WebGL2RenderingContext]) if (gl) {
    wrap(gl.prototype, "getParameter", (_, [what]) => { if (what === 0x9245 || what === 0x9246) tell("webgl", "getParameter", what); });
    wrap(gl.prototype, "readPixels", () => tell("webgl", "readPixels", ""));
  }
  if (window.OfflineAudioContext) wrap(OfflineAudioContext.prototype, "startRendering", () => tell("audio", "startRendering", ""));
  if (navigator.serviceWorker) wrap(ServiceWorkerContainer.prototype, "register", (_, [url]) => tell("service_worker", url, ""));

  const attach = Element.prototype.attachShadow;
  Element.prototype.attachShadow = new Proxy(attach, {
    apply(target, self, given) {
      const root = Reflect.apply(target, self, given);
      if (given[0] && given[0].mode === "closed") state.roots.push(root);
      return root;
    },
  });

  // Timers that will still change the page: what a delayed banner waits for. Chains that feed themselves do not count.
  let depth = 0;
  const later = window.setTimeout, never = window.clearTimeout;
  window.setTimeout = new Proxy(later, {
    apply(target, self, given) {
      const [callback, delay, ...rest] = given;
      if (typeof callback !== "function") return Reflect.apply(target, self, given);
      const level = depth + 1;
      let id = 0;
      const run = function (...args) {
        state.timers.delete(id);
        depth = level;
        try { return callback.apply(this, args); } finally { depth = 0; }
      };
      id = Reflect.apply(target, self, [run, delay, ...rest]);
      if (level <= 3 && state.timers.size < 500) state.timers.set(id, performance.now() + (Number(delay) || 0));
      return id;
    },
  });
  window.clearTimeout = new Proxy(never, { apply(target, self, given) { state.timers.delete(given[0]); return Reflect.apply(target, self, given); } });
})();
