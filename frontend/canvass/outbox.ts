/** What waits to be sent, why it waits, and a file of it where nothing else helps. */

import { html } from "../src/dom";
import { config, number, say } from "./config";
import { fact, pending, phone, store } from "./store";
import { saying, state, sync } from "./sync";

export async function showOutbox(screen: HTMLElement): Promise<void> {
  const waiting = await pending();
  const refused = await fact<{ number: number; why: string }[]>("refused", []);
  const unreachable = await fact("signups_refused", 0);
  const now = html("button", { type: "button", class: "main", id: "send" }, say("send_now"));
  now.addEventListener("click", async () => {
    now.disabled = true;
    await sync();
    await showOutbox(screen);
  });
  const file = html("button", { type: "button", class: "second", id: "export" }, say("export"));
  file.addEventListener("click", () => void download());
  const parts = [
    html("a", { class: "back", href: "#" }, say("turfs")),
    html("h1", {}, say("outbox")),
    html("p", {}, waiting ? say("pending", { n: number(waiting) }) : say("all_sent")),
    saying ? html("p", { class: "bad", id: "saying" }, saying) : html("p", {}, say(`state_${state}_why`)),
    state === "signed_out" && html("a", { class: "button second", href: config.home }, say("sign_in")),
    now,
    html("p", { class: "quiet" }, say("export_why")),
    file,
    unreachable > 0 && html("p", { class: "card warn" }, say("signups_refused", { n: number(unreachable) })),
    refused.length > 0 && html("section", { class: "card warn" }, html("h2", {}, say("refused_title")), html("ul", {}, ...refused.map((r) => html("li", {}, `${r.number}: ${say(`why_${r.why}`, { article: config.noteLaw.article })}`)))),
  ];
  screen.replaceChildren(...parts.filter((part) => part !== false));
}

/** The whole log as the request that the server would be sent: a coordinator hands it in. */
async function download(): Promise<void> {
  const entries = await store.log.orderBy("number").toArray();
  const reports = entries.map(({ number: _, turf: __, ...rest }) => rest);
  const first = entries[0]?.number ?? 1;
  const body = { phone: await phone(), now: Date.now(), first, oldest: first, reports, sealed: await store.sealed.toArray() };
  const link = html("a", { href: URL.createObjectURL(new Blob([JSON.stringify(body)], { type: "application/json" })), download: `isoloir-${config.campaign}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
