// What a frame has stored, and what it says of its consent and its audience measurement.
async () => {
  const clip = (v, n = 500) => { try { return String(v).slice(0, n); } catch { return ""; } };
  const flat = (v) => { try { return JSON.parse(JSON.stringify(v, (k, x) => (typeof x === "function" ? undefined : x instanceof Node ? undefined : x))); } catch { return null; } };
  const stored = [];
  for (const [kind, area] of [["local", "localStorage"], ["session", "sessionStorage"]]) {
    try { const s = window[area]; for (let i = 0; i < Math.min(s.length, 200); i++) { const name = s.key(i); stored.push({ kind, name: clip(name, 200), value: clip(s.getItem(name)) }); } } catch { /* refused here */ }
  }
  try { for (const d of (await indexedDB.databases()).slice(0, 50)) stored.push({ kind: "database", name: clip(d.name, 200), value: "" }); } catch { /* refused here */ }
  const commands = (list) => (Array.isArray(list) ? list.slice(0, 100).map((a) => flat(a && typeof a === "object" && "length" in a && !Array.isArray(a) ? Array.from(a) : a)).filter(Boolean) : []);
  const google = [...commands(window.dataLayer), ...commands(window._gaq), ...commands(window.ga && window.ga.q)];
  const modes = google.filter((c) => Array.isArray(c) && c[0] === "consent").map((c) => ({ when: clip(c[1], 20), ...(c[2] && typeof c[2] === "object" ? c[2] : {}) }));
  const switched_off = Object.keys(window).filter((k) => k.startsWith("ga-disable-") && window[k]).map((k) => clip(k, 60));
  let tcf = null;
  if (typeof window.__tcfapi === "function") tcf = await new Promise((done) => {
    setTimeout(() => done({ error: "no answer" }), 500);
    try { window.__tcfapi("getTCData", 2, (data) => done(flat(data))); } catch (e) { done({ error: clip(e) }); }
  });
  return { stored, google, modes, matomo: commands(window._paq), switched_off, tcf };
}
