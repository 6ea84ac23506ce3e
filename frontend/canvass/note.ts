/** The note about a building: the phone refuses what is about a person, and says why before anything is kept. */

import { html } from "../src/dom";
import { config, say } from "./config";
import { record } from "./doors";
import { foreignWords, LONGEST } from "./notes";
import { type Building, fact, store, type Turf } from "./store";
import { told } from "./sync";

/** The rule that a note about somebody would break, in the words of the law's own list. */
const law = (): string => `${config.noteLaw.text} (${config.noteLaw.article})`;

export async function note(turf: Turf, building: Building): Promise<HTMLElement> {
  const words = new Set(await fact<string[]>("words", []));
  const field = html("input", { id: "note", maxlength: LONGEST, value: building.note, autocomplete: "off", placeholder: say("note_example") });
  const why = html("p", { class: "quiet", id: "note-why", role: "status" }, say("note_rule"));
  const save = html("button", { type: "button", class: "second", id: "save-note" }, say("save_note"));
  save.addEventListener("click", async () => {
    const text = field.value.trim();
    const foreign = foreignWords(text, words);
    why.className = foreign.length ? "bad" : "quiet";
    if (foreign.length) {
      why.replaceChildren(say("note_refused", { words: foreign.join(", ") }), html("br"), html("small", {}, law()));
      return;
    }
    await record({ turf: turf.id, building: building.id, floor: 0, door: 0, kind: "note", text });
    building.note = text;
    await store.turfs.update(turf.id, { buildings: turf.buildings });
    why.textContent = say("note_saved");
    told();
  });
  return html("details", { class: "note" }, html("summary", {}, building.note ? `${say("note")} : ${building.note}` : say("note")), html("label", { for: "note" }, say("note_label")), field, save, why);
}
