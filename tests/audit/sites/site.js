// What the small sites do: load trackers when their description says so, and do what their banners' buttons say.
const site = JSON.parse(document.getElementById("site").textContent);

// ---- what a page can write and read

const days = (n) => `; path=/; max-age=${Math.round(n * 86400)}`;
const put = (name, value, life) => { document.cookie = `${name}=${value}${life ? days(life) : "; path=/"}`; };
const get = (name) => (document.cookie.match(new RegExp(`(?:^|; )${name}=([^;]*)`)) || [])[1];
const hex = (bytes) => [...crypto.getRandomValues(new Uint8Array(bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
const add = (tag, set, into = document.head) => into.appendChild(Object.assign(document.createElement(tag), set));
const script = (src) => add("script", { src });
const picture = (src) => add("img", { src, width: 1, height: 1, alt: "" }, document.body);
const frame = (src) => add("iframe", { src, width: 320, height: 180, title: "vidéo" }, document.querySelector("main"));

// ---- trackers, and things that look like trackers

window.siteLife = site.life;
const gtag = (...said) => { window.dataLayer = window.dataLayer || []; window.dataLayer.push(said); };
const trackers = {
  ga() {
    window.ga = window.ga || function () { (window.ga.q = window.ga.q || []).push(arguments); };
    window.ga("create", "UA-12345-1", "auto");
    if (site.anonymous_ga) window.ga("set", "anonymizeIp", true);
    window.ga("send", "pageview");
    script("https://www.google-analytics.com/analytics.js");
  },
  ga4() { gtag("js", new Date()); gtag("config", "G-ABC123"); script("https://www.googletagmanager.com/gtag/js?id=G-ABC123"); },
  // Consent mode: calls without a cookie while consent is denied.
  pings() {
    gtag("consent", "default", { analytics_storage: "denied", ad_storage: "denied" });
    fetch("https://www.google-analytics.com/g/collect?v=2&tid=G-ABC123&gcs=G100", { method: "POST", mode: "no-cors" });
  },
  manager() { script("https://www.googletagmanager.com/gtm.js?id=GTM-XYZ"); },
  facebook() { script("https://connect.facebook.net/fr_FR/fbevents.js"); },
  doubleclick() { picture("https://stats.g.doubleclick.net/j/collect?t=dc&tid=UA-12345-1"); },
  heatmap() { script("https://static.hotjar.com/c/hotjar-99.js"); },
  network() { picture(`https://regie.publicite-locale.test/p.gif?page=${encodeURIComponent(location.pathname)}`); },
  cloaked() { picture(`https://mesure.${site.host}/e.gif`); },
  video() { frame("https://www.youtube.com/embed/abc"); },
  quiet_video() { frame("https://www.youtube-nocookie.com/embed/abc"); },
  matomo() {
    window._paq = window._paq || [];
    if (site.matomo_user) window._paq.push(["setUserId", "adherent-4471"]);
    window._paq.push(["trackPageView"]);
    if (!get("_pk_id.1.ab12")) put("_pk_id.1.ab12", `${hex(8)}.${Math.floor(Date.now() / 1000)}.`, site.life || 393);
    put("_pk_ses.1.ab12", "1", 0.02);
    const user = site.matomo_user ? "&uid=adherent-4471" : "";
    fetch(`/matomo.php?action_name=x&idsite=1&rec=1&_id=${get("_pk_id.1.ab12").slice(0, 16)}${user}`, { method: "POST" });
  },
  matomo_cookieless() { fetch("/matomo.php?action_name=x&idsite=1&rec=1&cookie=0", { method: "POST" }); },
  storage() { if (!localStorage.getItem("visitorId")) localStorage.setItem("visitorId", crypto.randomUUID()); },
  own() { if (!get("vstr")) put("vstr", hex(16), site.life || 365); },
  segment() { if (!get("seg")) put("seg", `opinion-gauche-${hex(8)}`, 180); },
  device() { if (!localStorage.getItem("deviceRef")) localStorage.setItem("deviceRef", JSON.stringify({ ref: hex(12), since: Date.now() })); },
  taste() { localStorage.setItem("theme", "dark"); put("lang", "fr", 180); },
  basket() { put("panier", "affiche:2,badge:1", 7); },
  visit() { sessionStorage.setItem("last_search", "logement"); put("PHPSESSID", hex(13)); },
  fonts() { add("link", { rel: "stylesheet", href: "https://fonts.googleapis.com/css?family=Lato" }); },
  emoji() {
    const drawing = Object.assign(document.createElement("canvas"), { width: 10, height: 10 }).getContext("2d");
    drawing.fillText("🙂", 0, 9);
    drawing.getImageData(0, 0, 1, 1);
  },
  fingerprint() {
    const canvas = Object.assign(document.createElement("canvas"), { width: 300, height: 60 });
    const drawing = canvas.getContext("2d");
    drawing.font = "18px Arial";
    drawing.fillText("Portez ce vieux whisky au juge blond", 4, 30);
    let sum = 7;
    for (const letter of canvas.toDataURL()) sum = (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0;
    const print = `${sum.toString(16).padStart(8, "0")}9c${(~sum >>> 0).toString(16).padStart(8, "0")}`;
    navigator.sendBeacon("https://empreinte.mesureur.test/v1", JSON.stringify({ fingerprint: print }));
  },
};

// ---- the visitor's choice, and what follows from it

const choice = () => (site.choice_in === "local" ? localStorage.getItem("cookie-consent") : get("cookie-consent"));
const choose = (value) => {
  if (site.choice_in === "local") localStorage.setItem("cookie-consent", value);
  else put("cookie-consent", value, site.choice_life || 180);
};
const erase = () => {
  for (const name of ["_ga", "_gid", "_ga_ABC123", "_fbp", "_hjSessionUser_99", "vstr", "seg", "_pk_id.1.ab12", "_pk_ses.1.ab12"]) put(name, "", -1);
  for (const key of ["visitorId", "deviceRef"]) localStorage.removeItem(key);
};
const loaded = new Set();
const load = (moment) => {
  for (const name of (site.trackers || {})[moment] || []) if (!loaded.has(name)) { loaded.add(name); trackers[name](); }
};
const arrive = () => {
  const pages = +(sessionStorage.getItem("pages") || 0) + 1;
  sessionStorage.setItem("pages", pages);
  load("load");
  if (choice() === "accept") load("accept");
  if (choice() === "refuse") load("refuse");
  else load("unless_refused");
  if (location.pathname !== "/") load("inner");
  if (pages > 1 && !choice() && location.pathname !== "/cookies") { if (site.browsing_accepts) { choose("accept"); load("accept"); } load("browse"); }
};
const deeds = {
  accept() { choose("accept"); hide(); load("accept"); },
  refuse() { choose("refuse"); if (!site.leaves) erase(); hide(); load("refuse"); },
  forget() { hide(); }, // gone until the page is loaded again
  pretend() { choose("accept"); hide(); load("accept"); }, // says refuse, does accept
  nothing() {},
  seen() { choose("seen"); hide(); },
  settings() { show(site.layer); },
  third() { show(site.layer3); },
  save() {
    const on = [...shown().querySelectorAll("input[type=checkbox]:not(:disabled)")].some((box) => box.checked);
    (on ? deeds.accept : deeds.refuse)();
  },
  policy() { location.href = "/cookies"; },
  leave() { location.href = "https://www.adieu.test/"; },
};

// ---- the banner

let holder = null;
let inside = null;
const shown = () => inside || document;
const hide = () => { if (holder) holder.remove(); holder = inside = null; };
const control = (text) => {
  const [label, deed, style] = text.split("|").map((part) => part.trim());
  const tag = site.tag || "button";
  const look = style || "padding:8px 14px;font-size:15px;margin:4px;cursor:pointer;display:inline-block";
  return `<${tag} data-do="${deed}" style="${look}"${tag === "a" ? ' href="#"' : ""}>${label}</${tag}>`;
};
const toggle = (text) => {
  const [label, state] = text.split("|").map((part) => part.trim());
  return `<p><label><input type="checkbox" ${state === "on" ? "checked" : state === "fixed" ? "checked disabled" : ""}> ${label}</label></p>`;
};
const BAR = "position:fixed;bottom:0;left:0;right:0;background:#fff;color:#111;border-top:2px solid #333;padding:16px;z-index:999";
const show = (layer) => {
  hide();
  holder = add("div", { id: site.nameless ? `b${hex(3)}` : "bandeau" }, document.body);
  inside = site.root ? holder.attachShadow({ mode: site.root }) : holder;
  inside.innerHTML = `<div style="${layer.style || BAR};font-size:15px"><p>${layer.text}</p>${(layer.toggles || []).map(toggle).join("")}${layer.buttons.map(control).join(" ")}</div>`;
  for (const b of inside.querySelectorAll("[data-do]"))
    b.addEventListener("click", (event) => { event.preventDefault(); deeds[b.dataset.do](); });
};
const ask = () => {
  if (!site.banner || choice()) return;
  if (!site.framed) { show(site.banner); return; }
  const style = "position:fixed;bottom:0;left:0;width:100%;height:220px;border:0;z-index:999";
  holder = add("iframe", { src: "https://cadre.bandeaux.test/", style, title: "cookies" }, document.body);
};
addEventListener("message", ({ data }) => { if (site.framed && deeds[data]) deeds[data](); });

// A consent API in the manner of IAB TCF, whose answers the description sets.
if (site.tcf) window.__tcfapi = (command, version, callback) => {
  const agreed = choice() ? choice() === "accept" || site.tcf === "always" : site.tcf === "always" || site.tcf === "early";
  const consents = Object.fromEntries([1, 2, 3, 4, 7, 9, 10].map((n) => [n, agreed]));
  callback({ tcString: "CPx", gdprApplies: true, eventStatus: choice() ? "useractioncomplete" : "cmpuishown", cmpStatus: "loaded", listenerId: 1, purpose: { consents, legitimateInterests: {} }, vendor: { consents: { 755: agreed } } }, true);
};

// The sites' own handles, for the script that checks their truth: the same listeners that a click reaches.
window.own = {
  can: (deed) => Boolean(shown().querySelector(`[data-do="${deed}"]`) || document.querySelector(`[data-do="${deed}"]`)),
  click: (deed) => (shown().querySelector(`[data-do="${deed}"]`) || document.querySelector(`[data-do="${deed}"]`)).click(),
};

arrive();
if (site.late) setTimeout(ask, site.late);
else if (site.on_move) addEventListener("mousemove", ask, { once: true });
else ask();
addEventListener("scroll", () => { if (choice() !== "refuse") load("scroll"); }, { once: true });
for (const a of document.querySelectorAll("[data-again]"))
  a.addEventListener("click", (event) => { event.preventDefault(); show(site.again === "layer" ? site.layer : site.banner); });
for (const a of document.querySelectorAll("main [data-do], footer [data-do]"))
  a.addEventListener("click", (event) => { event.preventDefault(); deeds[a.dataset.do](); a.textContent = site.lang === "en" ? "Done." : "C'est fait."; });
if (site.restless) setInterval(() => fetch(`/ping?${Math.random()}`), 150);
