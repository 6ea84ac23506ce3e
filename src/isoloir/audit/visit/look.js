// What a visitor sees and can click, in one frame. Called with { words, texts, key, limit }; returns plain data.
// Elements are kept in `window[key + "seen"]`, by number, so that a click can find them again.
(given) => {
  const state = window[given.key + "state"] || { roots: [] };
  const seen = [];
  Object.defineProperty(window, given.key + "seen", { value: seen, configurable: true, enumerable: false });
  const plain = (s) => String(s || "").normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase().replace(/[’‘`´ʼ]/g, "'").replace(/\s+/g, " ").trim();
  const intents = Object.entries(given.words).map(([name, patterns]) => [name, new RegExp(patterns.join("|"), "u")]);
  const texts = Object.fromEntries(Object.entries(given.texts).map(([k, v]) => [k, new RegExp(v, "u")]));
  const intent = (name) => {
    const text = plain(name);
    if (!text || text.length > 120) return "";
    const found = intents.find(([, pattern]) => pattern.test(text));
    return found ? (found[0] === "both" ? "settings" : found[0]) : "";
  };
  const parent = (e) => e.assignedSlot || e.parentElement || (e.getRootNode() instanceof ShadowRoot ? e.getRootNode().host : null);
  const rootsOf = () => {
    const roots = [document], known = new Set(state.roots);
    for (let i = 0; i < roots.length && roots.length < 200; i++)
      for (const e of roots[i].querySelectorAll("*")) if (e.shadowRoot && !known.has(e.shadowRoot)) { known.add(e.shadowRoot); }
        else if (roots.length > 200) break;
    for (const r of known) roots.push(r);
    for (let i = 1; i < roots.length && roots.length < 200; i++)
      for (const e of roots[i].querySelectorAll("*")) if (e.shadowRoot && !known.has(e.shadowRoot)) { known.add(e.shadowRoot); roots.push(e.shadowRoot); }
    return roots.filter((r) => r === document || r.host.isConnected);
  };
  const roots = rootsOf();
  const shadowOf = new Map(roots.filter((r) => r !== document).map((r) => [r.host, r]));
  const textOf = (e, limit = 20000) => {
    // The text with that of shadow roots inside, hidden text left out.
    let out = "";
    const walk = (node) => {
      if (out.length > limit) return;
      if (node.nodeType === 3) { out += node.data; return; }
      if (node.nodeType === 1) {
        if (/^(SCRIPT|STYLE|NOSCRIPT|TEMPLATE|SVG|IFRAME)$/i.test(node.tagName)) return;
        const style = getComputedStyle(node);
        if (style.display === "none" || style.visibility === "hidden") return;
        const block = style.display !== "inline" && style.display !== "contents";
        if (block) out += " ";
        const inside = shadowOf.get(node);
        for (const child of (node.tagName === "SLOT" && node.assignedNodes().length ? node.assignedNodes() : (inside || node).childNodes)) walk(child);
        if (block) out += " ";
      } else if (node.nodeType === 11) for (const child of node.childNodes) walk(child);
    };
    walk(e);
    return out.replace(/\s+/g, " ").trim();
  };
  const nameOf = (e) => {
    const by = e.getAttribute("aria-labelledby");
    if (by) { const t = by.split(/\s+/).map((id) => e.getRootNode().getElementById?.(id)?.textContent || "").join(" ").trim(); if (t) return t; }
    const label = e.getAttribute("aria-label");
    if (label && label.trim()) return label.trim();
    if (e.tagName === "INPUT" && /^(button|submit|reset)$/.test(e.type)) return e.value || e.title || "";
    if (e.tagName === "INPUT" && e.type === "image") return e.alt || e.title || "";
    if (e.tagName === "INPUT") return [...(e.labels || [])].map((l) => l.textContent).join(" ").trim() || e.title || "";
    const text = textOf(e, 300);
    if (text) return text;
    const alt = [...e.querySelectorAll("img[alt],svg title")].map((i) => i.getAttribute("alt") || i.textContent).join(" ").trim();
    return alt || e.title || e.querySelector("[title]")?.title || "";
  };
  const colour = (text) => { const m = /rgba?\(([^)]+)\)/.exec(text); if (!m) return null; const [r, g, b, a] = m[1].split(/[,/ ]+/).filter(Boolean).map(parseFloat); return [r, g, b, a === undefined ? 1 : a]; };
  const light = (c) => { const [r, g, b] = c.slice(0, 3).map((v) => { v /= 255; return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const over = (top, below) => [0, 1, 2].map((i) => top[i] * top[3] + below[i] * (1 - top[3])).concat(1);
  const measure = (e) => {
    const box = e.getBoundingClientRect(), style = getComputedStyle(e);
    let opacity = 1, background = [0, 0, 0, 0], layers = [], image = false;
    for (let a = e, n = 0; a && n < 40; a = parent(a), n++) {
      const s = getComputedStyle(a);
      opacity *= parseFloat(s.opacity);
      const c = colour(s.backgroundColor);
      if (c && c[3] > 0) { layers.push(c); if (c[3] === 1) break; }
      if (s.backgroundImage !== "none") { image = true; break; }
    }
    background = layers.reverse().reduce((below, top) => over(top, below), [255, 255, 255, 1]);
    let ink = e, font = parseFloat(style.fontSize);
    for (const inner of e.querySelectorAll("*")) if ([...inner.childNodes].some((n) => n.nodeType === 3 && n.data.trim())) { ink = inner; font = parseFloat(getComputedStyle(inner).fontSize); break; }
    const fore = colour(getComputedStyle(ink).color) || [0, 0, 0, 1];
    const [a, b] = [light(over([fore[0], fore[1], fore[2], fore[3] * opacity], background)), light(background)];
    const contrast = image ? 21 : (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const has = (e.tagName === "INPUT" && e.type === "image") || e.querySelector("img,svg");
    let why = "";
    if (!e.checkVisibility({ visibilityProperty: true })) why = "not displayed";
    else if (opacity < 0.15) why = "transparent";
    else if (box.width < 1 || box.height < 1) why = "no size";
    else if (box.right <= 0 || box.bottom + scrollY <= 0 || box.left >= Math.max(innerWidth, document.documentElement.scrollWidth)) why = "outside the page";
    else if (style.clipPath !== "none" && /inset\((50|100)%|circle\(0/.test(style.clipPath)) why = "clipped";
    else if (font < 2 && !has) why = "no size";
    else if (contrast < 1.15 && !has) why = "the colour of its background";
    return { box: { x: box.x, y: box.y, width: box.width, height: box.height }, font_px: font, contrast: Math.round(contrast * 100) / 100, why_hidden: why, shown: why === "" };
  };
  const hit = (e) => {
    const b = e.getBoundingClientRect(), x = b.x + b.width / 2, y = b.y + b.height / 2;
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return null;
    let found = document.elementFromPoint(x, y);
    while (found && shadowOf.get(found)) { const inner = shadowOf.get(found).elementFromPoint(x, y); if (!inner || inner === found) break; found = inner; }
    for (let a = found; a; a = parent(a)) if (a === e) return true;
    if (found && e.contains(found)) return true;
    const labels = e.labels ? [...e.labels] : [];
    return labels.some((l) => l === found || l.contains(found));
  };
  const selector = (e) => {
    const parts = [];
    for (let a = e, n = 0; a && n < 6 && a !== document.documentElement; a = parent(a), n++) {
      if (a.id) { parts.unshift("#" + a.id); break; }
      const same = a.parentElement ? [...a.parentElement.children].filter((c) => c.tagName === a.tagName) : [a];
      parts.unshift(a.tagName.toLowerCase() + (same.length > 1 ? `:nth-of-type(${same.indexOf(a) + 1})` : ""));
    }
    return parts.join(" > ").slice(0, 300);
  };
  const describe = (e, extra = {}) => {
    const n = seen.push(e) - 1, m = measure(e);
    return { number: n, name: nameOf(e).replace(/\s+/g, " ").slice(0, 200), role: e.getAttribute("role") || ({ A: "link", BUTTON: "button", SUMMARY: "button" }[e.tagName] || (e.tagName === "INPUT" ? (/^(checkbox|radio)$/.test(e.type) ? e.type : "button") : e.tagName.toLowerCase())),
      selector: selector(e), html: e.outerHTML.slice(0, 300), href: e.tagName === "A" ? String(e.href || "").slice(0, 500) : "", disabled: !!e.disabled || e.getAttribute("aria-disabled") === "true",
      covered: m.shown && hit(e) === false, ...m, ...extra };
  };

  const every = roots.flatMap((r) => [...r.querySelectorAll("*")]).slice(0, 20000);
  const CLICKABLE = "button,a,input[type=button],input[type=submit],input[type=image],input[type=reset],[role=button],[role=link],[role=menuitem],[onclick],[tabindex],summary";
  const clickable = new Set(every.filter((e) => e.matches(CLICKABLE)));
  // Short texts that say an intent and are no part of something clickable: scripts listen to plain elements too.
  for (const e of every) {
    if (clickable.has(e) || e.children.length > 2 || /^(SCRIPT|STYLE|TITLE|OPTION|HTML|BODY|HEAD|P|LI|LABEL|H1|H2|H3|H4|NOSCRIPT)$/.test(e.tagName)) continue;
    const text = e.textContent.trim();
    if (!text || text.length > 40 || !intent(text)) continue;
    let inside = false;
    for (let a = parent(e), n = 0; a && n < 5; a = parent(a), n++) if (clickable.has(a)) { inside = true; break; }
    if (!inside && (getComputedStyle(e).cursor === "pointer" || text.length <= 30)) clickable.add(e);
  }
  const named = [];
  for (const e of clickable) {
    if (named.length > 600) break;
    // What can be focused but holds controls of its own is their frame: a click in its middle would hit one of them.
    if (!/^(A|BUTTON|INPUT|SUMMARY)$/.test(e.tagName) && [...e.querySelectorAll("a,button,input,[role=button]")].some((inner) => intent(nameOf(inner)))) continue;
    const own = nameOf(e), said = intent(own) || (own.length < 3 ? intent(e.title) : "");
    // "Compris !" that is labelled "dismiss cookie message" for screen readers: what is written there counts.
    const found = said === "close" ? intent(textOf(e, 300)) || said : said;
    if (found) named.push([e, found, own]);
    else if (!own.trim() && /cookie|consent|cmp|rgpd|gdpr/i.test(e.id + " " + e.className)) named.push([e, /close|ferm|dismiss/i.test(e.id + " " + e.className) ? "close" : "withdraw", own]);
  }

  const fixed = (e) => { const s = getComputedStyle(e); return s.position === "fixed" || s.position === "sticky" || (s.position === "absolute" && parseInt(s.zIndex) > 0) || /^(alert)?dialog$/.test(e.getAttribute("role") || "") || e.tagName === "DIALOG" || e.getAttribute("aria-modal") === "true"; };
  const marked = (e) => /cookie|consent|cmp\b|gdpr|rgpd|tarteaucitron|didomi|axeptio|onetrust|klaro|orejime|privacy|traceur/i.test(`${e.id} ${typeof e.className === "string" ? e.className : ""} ${e.getAttribute("aria-label") || ""}`);
  const asksData = (e) => [...e.querySelectorAll("input,textarea")].some((i) => /^(text|email|tel|password|search)$/.test(i.type) || i.tagName === "TEXTAREA");
  const top = window === window.top;
  const frameOfBanner = !top;
  const CHOOSES = new Set(["accept", "acknowledge", "refuse", "save", "settings", "close"]);
  // A text without the name of a control in it, as words of their own: "cookies" holds "ok".
  const without = (text, name) => text.replace(new RegExp(`(?<![\\p{L}\\p{N}])${name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}(?![\\p{L}\\p{N}])`, "u"), "");
  const container = (e, own) => {
    let best = null;
    for (let a = parent(e), n = 0; a && n < 25; a = parent(a), n++) {
      if (a === document.documentElement || (a === document.body && top)) {
        const whole = a === document.body ? textOf(a, 3000) : "";
        if (!best && whole && whole.length < 1500 && texts.strong.test(plain(whole)) && !asksData(a)) best = a;
        break;
      }
      const text = textOf(a, 9000);
      if (text.length > 8000) break;
      const rest = without(plain(text), plain(own));
      if (!texts.subject.test(rest) && !(texts.subject.test(plain(own)) && (fixed(a) || marked(a)))) continue;
      if (fixed(a) || marked(a)) best = a;
      else if (!best && !asksData(a) && text.length < 3000 && texts.strong.test(rest) && !/^(FOOTER|NAV|MAIN|ARTICLE|UL|OL|LI|TABLE)$/.test(a.tagName)) best = a;
      if (a === document.body) best = best || a;
    }
    return best;
  };
  const groups = new Map();
  for (const [e, found, own] of named) {
    if (!CHOOSES.has(found) && found !== "info" && found !== "policy" && found !== "pay" && found !== "withdraw") continue;
    const m = measure(e);
    if (!m.shown && !groups.size && m.why_hidden === "not displayed" && !e.checkVisibility()) { /* kept for a banner that is shown */ }
    const c = container(e, own);
    if (!c) continue;
    if (!groups.has(c)) groups.set(c, []);
    groups.get(c).push([e, found]);
  }
  // One banner inside another is one banner: the outer one, unless only the inner one is set apart from the page.
  for (const c of [...groups.keys()]) for (const other of [...groups.keys()]) if (c !== other && groups.has(c) && groups.has(other)) {
    let inside = false;
    for (let a = parent(c); a; a = parent(a)) if (a === other) { inside = true; break; }
    if (!inside) continue;
    if ((fixed(c) || marked(c)) && !fixed(other) && !marked(other)) { groups.delete(other); continue; }
    groups.get(other).push(...groups.get(c));
    groups.delete(c);
  }
  const visible = (c) => { const b = c.getBoundingClientRect(), m = measure(c); if (m.why_hidden === "not displayed" || m.why_hidden === "transparent") return false; if (b.width > 20 && b.height > 10) return b.bottom > 0 && b.right > 0 && b.left < innerWidth && (b.top < innerHeight || !fixed(c)); return [...c.querySelectorAll("*")].some((x) => { const y = x.getBoundingClientRect(); return y.width > 20 && y.height > 10 && y.bottom > 0 && y.top < innerHeight && x.checkVisibility({ visibilityProperty: true }); }); };
  const area = (c) => { const b = c.getBoundingClientRect(); if (b.width > 20 && b.height > 10) return b; const all = [...c.querySelectorAll("*")].map((x) => x.getBoundingClientRect()).filter((r) => r.width && r.height); if (!all.length) return b; const x = Math.min(...all.map((r) => r.left)), y = Math.min(...all.map((r) => r.top)); return { x, y, width: Math.max(...all.map((r) => r.right)) - x, height: Math.max(...all.map((r) => r.bottom)) - y }; };
  const toggles = (c) => {
    const inside = roots.flatMap((r) => [...r.querySelectorAll("input[type=checkbox],input[type=radio],[role=switch],[role=checkbox]")]).filter((x) => { for (let a = x; a; a = parent(a)) if (a === c) return true; return false; });
    return inside.slice(0, 60).map((x) => describe(x, { checked: x.tagName === "INPUT" ? x.checked : x.getAttribute("aria-checked") === "true", near: textOf(x.closest("li,tr,fieldset,section,label,div") || parent(x) || x, 300).slice(0, 200) })).filter((d) => d.why_hidden !== "not displayed" || given.all);
  };
  const banners = [], inBanner = new Set();
  for (const [c, members] of groups) {
    if (!visible(c)) continue;
    const kinds = new Set(members.filter(([e]) => measure(e).shown).map(([, k]) => k));
    const all = textOf(c, 9000), words = plain(all);
    const positioned = fixed(c) || marked(c) || frameOfBanner || c === document.body;
    const asks = ["accept", "acknowledge", "refuse"].some((k) => kinds.has(k)) || ((kinds.has("close") || kinds.has("save")) && (positioned || texts.informs.test(words)));
    const informs = texts.informs.test(words) || (kinds.has("settings") && positioned && texts.strong.test(words));
    if (!asks && !(informs && positioned)) continue;
    if (!texts.strong.test(words) && !(positioned && texts.subject.test(words) && (kinds.has("refuse") || marked(c) || kinds.has("settings")))) continue;
    if (asksData(c) && !marked(c) && !texts.informs.test(words)) continue;
    // A long page that happens to speak of cookies, and whose controls belong to it, is the cookie page, not a banner.
    if (!positioned && (c.closest("main,article,footer") && !texts.informs.test(words))) continue;
    if (!positioned && c.querySelector("h1")) continue;
    const b = area(c);
    members.forEach(([e]) => inBanner.add(e));
    banners.push({ text: all.slice(0, 6000), selector: selector(c), kind: asks ? "asks" : "informs", box: { x: b.x, y: b.y, width: b.width, height: b.height }, number: seen.push(c) - 1,
      controls: [...new Map(members).entries()].map(([e, k]) => describe(e, { intent: k })), toggles: toggles(c) });
  }
  if (!banners.length) {
    // Bars that only inform have nothing to click: look for the sentence.
    const found = every.filter((e) => e.children.length < 30 && e.textContent.length < 3000 && e.textContent.length > 25 && !/^(SCRIPT|STYLE|HTML|BODY|HEAD|NOSCRIPT|TEMPLATE)$/.test(e.tagName) && texts.strong.test(plain(e.textContent)) && texts.informs.test(plain(e.textContent)) && e.checkVisibility({ visibilityProperty: true }));
    const c = found.find((e) => fixed(e) || marked(e)) || found.filter((e) => { const b = e.getBoundingClientRect(); return b.top < innerHeight && b.bottom > 0 && b.height < innerHeight / 2 && !e.closest("footer,nav,article") && !asksData(e) && !e.querySelector("h1"); }).pop();
    if (c && visible(c) && texts.informs.test(plain(textOf(c, 6000)))) {
      const b = area(c), members = [...clickable].filter((e) => { for (let a = e; a; a = parent(a)) if (a === c) return true; return false; });
      members.forEach((e) => inBanner.add(e));
      banners.push({ text: textOf(c, 6000), selector: selector(c), kind: "informs", box: { x: b.x, y: b.y, width: b.width, height: b.height }, number: seen.push(c) - 1, controls: members.slice(0, 20).map((e) => describe(e, { intent: intent(nameOf(e)) })), toggles: toggles(c) });
    }
  }
  const near = (e) => { let text = ""; for (let a = parent(e), n = 0; a && n < 4 && a !== document.body; a = parent(a), n++) { const t = textOf(a, 600); if (t.length > 500) break; text = t; } return text.slice(0, 500); };
  const USEFUL = new Set(["refuse", "withdraw", "policy", "settings", "accept", "save"]);
  const controls = named.filter(([e, k]) => !inBanner.has(e) && USEFUL.has(k)).map(([e, k]) => [e, k, near(e)])
    .filter(([e, k, text]) => k === "withdraw" || k === "policy" || texts.subject.test(plain(text + " " + nameOf(e))) || (k === "refuse" && texts.audience.test(plain(text + " " + document.title))))
    .slice(0, 60).map(([e, k, text]) => describe(e, { intent: k, near: text }));
  const choices = every.filter((e) => e.matches("input[type=checkbox],[role=switch],[role=checkbox],input[type=radio]") && !e.closest("form input[type=email]") && !banners.some((b) => seen[b.number].contains(e)))
    .map((e) => [e, near(e)]).filter(([, text]) => texts.subject.test(plain(text)) || texts.audience.test(plain(text))).slice(0, 20)
    .map(([e, text]) => describe(e, { intent: "", checked: e.tagName === "INPUT" ? e.checked : e.getAttribute("aria-checked") === "true", near: text }));
  const links = top || true ? [...document.querySelectorAll("a[href]")].slice(0, 500).map((a) => ({ href: String(a.href).slice(0, 500), text: (a.textContent || a.title || "").replace(/\s+/g, " ").trim().slice(0, 120) })) : [];
  const forms = every.filter((e) => e.tagName === "FORM").slice(0, 20).map((f) => ({
    action: String(f.action).slice(0, 500), fields: [...f.elements].map((x) => `${x.type || ""}:${x.name || x.id || x.placeholder || ""}`.slice(0, 80)).slice(0, 40),
    boxes: [...f.querySelectorAll("input[type=checkbox]")].slice(0, 20).map((x) => describe(x, { checked: x.checked, near: textOf(x.closest("label") || parent(x), 400) })),
    text: textOf(f.parentElement || f, 1500), links: [...(f.parentElement || f).querySelectorAll("a[href]")].slice(0, 10).map((a) => String(a.href).slice(0, 300)) }));
  return { banners, controls: controls.concat(choices), links, forms, text: textOf(document.body || document.documentElement, given.limit), title: document.title, closed_roots: state.roots.length };
}
