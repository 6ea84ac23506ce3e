/** The service worker: the application opens without a network. It keeps files of the application and nothing else. */

/// <reference lib="webworker" />
declare const self: ServiceWorkerGlobalScope & { readonly FILES?: string[] };

const VERSION = new URL(self.location.href).searchParams.get("v") ?? "__BUILD__";
const CACHE = `isoloir-canvass-${VERSION}-${new URL(self.registration.scope).pathname}`;
const SHELL: string[] = ["__SHELL__"]; // without these the application does not open
const LATER: string[] = ["__LATER__"]; // the map: fetched when the application is there, in its own time
const STATIC = "/static/canvass/";

self.addEventListener("install", (event) => {
  event.waitUntil(
    (async () => {
      const cache = await caches.open(CACHE);
      await cache.addAll(SHELL.map((name) => STATIC + name));
      await keepPage(cache);
      await self.skipWaiting();
    })(),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    (async () => {
      const scope = new URL(self.registration.scope).pathname;
      const old = (await caches.keys()).filter((name) => name.startsWith("isoloir-canvass-") && name.endsWith(scope) && name !== CACHE);
      await Promise.all(old.map((name) => caches.delete(name)));
      await self.clients.claim();
    })(),
  );
});

/** The application asks for the rest whenever it starts or takes a turf; what came already is not fetched again. */
self.addEventListener("message", (event) => {
  if (event.data === "rest") event.waitUntil(keepRest().catch(() => undefined)); // a network that fails here comes back
});

async function keepRest(): Promise<void> {
  const cache = await caches.open(CACHE);
  for (const name of LATER) if (!(await cache.match(STATIC + name))) await cache.add(STATIC + name);
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const page = event.request.mode === "navigate" && url.pathname === new URL(self.registration.scope).pathname;
  if (page) event.respondWith(kept(self.registration.scope, event));
  else if (url.pathname.startsWith(STATIC)) event.respondWith(kept(url.href, event));
});

/** What is kept, at once; the page is looked for again behind its back. */
async function kept(address: string, event: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(address);
  if (!found) return fetch(event.request);
  if (event.request.mode === "navigate") event.waitUntil(keepPage(cache).catch(() => undefined));
  return found;
}

/** The page itself, unless the server sends one to sign in instead. */
async function keepPage(cache: Cache): Promise<void> {
  const page = await fetch(self.registration.scope, { redirect: "manual", cache: "no-store" });
  // A page of a newer build would ask for files that are not kept here: it comes with its own service worker.
  const ours = SHELL.filter((name) => /\/app-/.test(name));
  if (page.ok && (await page.clone().text().then((text) => ours.every((name) => text.includes(name))))) await cache.put(self.registration.scope, page);
}

export {};
