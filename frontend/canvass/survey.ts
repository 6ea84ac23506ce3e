/** Anonymous questions: the phone adds answers up by station, and sends totals, never one answer. */

import { html } from "../src/dom";
import { config, say } from "./config";
import { fact, keep, phone, store } from "./store";
import { ask } from "./sync";

const TOGETHER = 5; // answers that leave together, so that none can be told by when it came

interface Question {
  id: number;
  fr: string;
  en: string;
  answers: [string, string][];
}

interface Total {
  question: number;
  station: string;
  answer: number;
  count: number;
}

export async function survey(station: string): Promise<HTMLElement | string> {
  const questions = await fact<Question[]>("questions", []);
  if (!questions.length) return "";
  return html("details", { class: "note", id: "survey" }, html("summary", {}, say("survey")), html("p", { class: "quiet" }, say("survey_why")), ...questions.map((question) => choices(question, station)));
}

function choices(question: Question, station: string): HTMLElement {
  const told = html("p", { role: "status", class: "quiet" });
  const buttons = question.answers.map(([fr, en], answer) => {
    const button = html("button", { type: "button", class: "second", "data-answer": answer }, config.language === "fr" ? fr : en);
    button.addEventListener("click", async () => {
      await count(question.id, station, answer);
      for (const other of buttons) other.disabled = true;
      told.textContent = say("survey_counted");
    });
    return button;
  });
  return html("div", { class: "purpose" }, html("span", {}, config.language === "fr" ? question.fr : question.en), ...buttons, told);
}

const count = (question: number, station: string, answer: number): Promise<void> =>
  store.transaction("rw", store.facts, async () => {
    const totals = await fact<Total[]>("survey", []);
    const known = totals.find((t) => t.question === question && t.station === station && t.answer === answer);
    if (known) known.count += 1;
    else totals.push({ question, station, answer, count: 1 });
    totals.sort((a, b) => a.question - b.question || a.station.localeCompare(b.station) || a.answer - b.answer);
    await keep("survey", totals);
  });

export async function sendTotals(): Promise<void> {
  const totals = await fact<Total[]>("survey", []);
  const sum = totals.reduce((all, total) => all + total.count, 0);
  const sent = await fact("survey_sent", 0);
  const due = await fact("survey_due", false);
  if (sum === sent || (sum - sent < TOGETHER && !due)) return;
  await ask("survey", { phone: await phone(), totals });
  await keep("survey_sent", sum);
  await keep("survey_due", false);
}
