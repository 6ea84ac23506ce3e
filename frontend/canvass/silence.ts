/** Whether nobody knocks today: by the phone's own calendar, which is that of the doors, with or without a network. */

import { html } from "../src/dom";
import { say } from "./config";
import type { Turf } from "./store";

export function silence(turf: Turf): HTMLElement | string {
  const now = new Date();
  const today = [now.getFullYear(), now.getMonth() + 1, now.getDate()].map((part) => String(part).padStart(2, "0")).join("-");
  const why = turf.silence?.find(([day]) => day === today)?.[1];
  return why ? html("p", { class: "bad", role: "alert", id: "silence" }, `${say("silence")} ${why}`) : "";
}
