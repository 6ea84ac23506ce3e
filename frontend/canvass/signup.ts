/** Sign-up at the door: the person reads, types and agrees; what they typed is sealed at once and is not on the screen any more. */

import { html } from "../src/dom";
import { config, say } from "./config";
import { seal } from "./seal";
import { fact, store, type Turf } from "./store";
import { sync } from "./sync";

interface Purpose {
  text: string;
  boxes: { value: string; text: string }[];
}

interface Form {
  notice: string[];
  purposes: Purpose[];
}

type About = { name: string } & Record<"fr" | "en", Form>;

export async function showSignUp(screen: HTMLElement, turf: Turf, building: number): Promise<void> {
  const about = await fact<About | undefined>("about", undefined);
  const back = `#turf/${turf.id}/${building}`;
  if (!about || !config.publicKey) {
    screen.replaceChildren(html("a", { class: "back", href: back }, say("back")), html("p", {}, say("needs_network")));
    return;
  }
  const { notice, purposes } = about[config.language];
  const title = say("sign_up_title", { name: about.name });
  const form = html(
    "form",
    { id: "signup", autocomplete: "off" },
    html("section", { class: "card" }, html("h2", {}, say("notice_title")), ...notice.map((line) => html("p", {}, line)), html("p", { id: "how-confirmed" }, say(config.sms ? "confirm_by_either" : "confirm_by_mail"))),
    field("name", "text"),
    field("email", "email"),
    field("phone", "tel"),
    field("postal_code", "text"),
    html("fieldset", {}, html("legend", {}, say("agree")), ...purposes.map((purpose) => consents(purpose))),
    html("p", { class: "bad", id: "signup-why", role: "alert" }),
    html("button", { class: "main", id: "sign" }, say("sign")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void send(screen, form, back);
  });
  screen.replaceChildren(html("a", { class: "back", href: back }, say("back")), html("h1", {}, title), scan(), html("p", {}, say("sign_up_own_hand")), form);
}

/** The public form as a code: who would rather not touch this phone scans it, and types on their own. */
function scan(): HTMLElement | string {
  if (!config.scan) return "";
  const { link, picture } = config.scan;
  const code = html("img", { class: "qr", src: picture, alt: say("scan_alt", { link }), width: 280, height: 280 });
  return html("details", { class: "note", id: "scan" }, html("summary", {}, say("or_scan")), html("p", {}, say("scan_why")), code, html("p", { class: "quiet" }, link));
}

function field(name: string, type: string): HTMLElement {
  const input = html("input", { id: `own-${name}`, name, type, autocomplete: "off", autocapitalize: name === "name" ? "words" : "off", maxlength: 200 });
  return html("p", {}, html("label", { for: `own-${name}` }, say(`own_${name}`)), input);
}

/** Each purpose on each channel by itself, and none ticked beforehand. */
function consents(purpose: Purpose): HTMLElement {
  const boxes = purpose.boxes.map(({ value, text }) => {
    const id = `agree-${value.replace(":", "-")}`;
    return html("label", { for: id }, html("input", { type: "checkbox", id, name: "consent", value }), text);
  });
  return html("div", { class: "purpose" }, html("span", {}, purpose.text), ...boxes);
}

async function send(screen: HTMLElement, form: HTMLFormElement, back: string): Promise<void> {
  const given = new FormData(form);
  const text = (name: string): string => String(given.get(name) ?? "").trim();
  const consent = given.getAll("consent").map(String);
  const why = form.querySelector<HTMLElement>("#signup-why");
  const missing =
    !text("email") && !(config.sms && text("phone"))
      ? config.sms ? "own_address_needed" : "own_email_needed"
      : !consent.length
        ? "own_consent_needed"
        : consent.some((c) => (c.endsWith(":email") ? !text("email") : !text("phone")))
          ? "own_channel_needed"
          : "";
  if (why) why.textContent = missing && say(missing);
  if (missing) return;
  const names = ["name", "email", "phone", "postal_code"] as const;
  const what = { ...Object.fromEntries(names.map((name) => [name, text(name)])), consent, language: config.language };
  try {
    await store.sealed.add({ id: crypto.randomUUID(), text: await seal(what) });
  } catch {
    if (why) why.textContent = say("sign_up_full"); // what they typed stays in front of them
    return;
  }
  form.reset();
  document.dispatchEvent(new Event("recorded"));
  screen.replaceChildren(html("section", { class: "card good", id: "signed" }, html("h1", {}, say("signed_title")), html("p", {}, say(text("email") ? "signed_text" : "signed_text_sms")), html("a", { class: "button main", href: back }, say("hand_back"))));
  void sync();
}
