/** Where a station stands in the ranking, how sure that is, and the arithmetic behind it. */

import type { Place } from "./api";
import { html } from "./dom";
import { grade } from "./grade";
import { electionName, language, percent, percentWhole, say, score, signed, whole } from "./texts";

const FACTORS = ["abstention", "support", "density", "size", "effect"] as const;

export function standing(ranking: Place | null, election: string): HTMLElement {
  if (!ranking || ranking.level === null) {
    const round = electionName(ranking?.election ?? election);
    return html(
      "section",
      { class: "rank" },
      html("span", { class: "badge level-0", "aria-hidden": "true" }, "–"),
      html("p", { class: "quiet" }, say("unranked", { election: round })),
    );
  }
  const values = { rank: whole(ranking.rank), n: whole(ranking.ranked) };
  return html(
    "section",
    { class: "rank" },
    html("span", { class: `badge level-${ranking.level}`, "aria-hidden": "true" }, String(ranking.level)),
    html(
      "div",
      { class: "standing" },
      html("strong", {}, `${say("level")} ${ranking.level}`, grade(ranking.quality)),
      html("span", {}, ranking.rank === 1 ? say("rank_first", values) : say("rank_of", values)),
      html("span", {}, `${ranking.label[language]}, ${electionName(ranking.election)}`),
    ),
    ...(ranking.votes_per_hour === null || ranking.votes_per_hour === undefined ? index(ranking) : expected(ranking, ranking.votes_per_hour)),
  );
}

/** Votes per hour with what is not known of them, and why. */
function expected(ranking: Place, votes: number): (HTMLElement | null)[] {
  const { votes_per_hour_low: low, votes_per_hour_high: high, probability, grade: sure } = ranking;
  return [
    html(
      "p",
      { class: "sum" },
      term(score(votes), say("votes_per_hour")),
      term(say("between", { low: score(low), high: score(high) }), say("interval_90")),
      term(percentWhole(probability), say("among_best")),
    ),
    sure ? html("p", { class: `sureness ${sure}` }, say(`sure_${sure}`)) : null,
    why(ranking, votes),
    html("details", { class: "how" }, html("summary", {}, say("index_2012")), ...index(ranking)),
  ];
}

/** From the median station to this one, factor by factor: a sum that comes out. */
function why(ranking: Place, votes: number): HTMLElement | null {
  const parts = FACTORS.map((name) => ({ name, value: ranking[`factor_${name}`] }));
  if (parts.some(({ value }) => typeof value !== "number")) {
    const text = language === "fr" ? ranking.why_fr : ranking.why_en;
    return text ? html("p", { class: "quiet" }, text) : null;
  }
  const factors = (parts as { name: (typeof FACTORS)[number]; value: number }[]).sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const median = votes - factors.reduce((sum, { value }) => sum + value, 0);
  const most = Math.max(...factors.map(({ value }) => Math.abs(value)), 0.01);
  const row = (name: string, figure: string, bar: HTMLElement | null, kind = ""): HTMLElement =>
    html("tr", { class: kind }, html("th", { scope: "row" }, name), html("td", { class: "track" }, bar), html("td", {}, figure));
  return html(
    "table",
    { class: "why" },
    html("caption", {}, say("why")),
    html(
      "tbody",
      {},
      row(say("median_station"), score(median), null),
      ...factors.map(({ name, value }) => row(say(`factor_${name}`), signed(value), factorBar(value / most))),
      row(say("this_station"), score(votes), null, "total"),
    ),
  );
}

/** To the right of the middle what adds, to the left what takes away. */
function factorBar(part: number): HTMLElement {
  const bar = html("i", { class: part < 0 ? "less" : "more", "aria-hidden": "true" });
  bar.style.inlineSize = `${Math.abs(part) * 50}%`;
  return bar;
}

/** Abstention times support. */
function index(ranking: Place): HTMLElement[] {
  const target = ranking.label[language];
  const values = {
    abstention: whole((ranking.abstention_share ?? Number.NaN) * 100),
    support: whole((ranking.support_share ?? Number.NaN) * 100),
    target,
  };
  return [
    html(
      "p",
      { class: "sum" },
      term(percent(ranking.abstention_share), say("abstention")),
      html("span", { class: "sign" }, "×"),
      term(percent(ranking.support_share), say("support", { target })),
      html("span", { class: "sign" }, "="),
      term(score(ranking.score), say("score")),
    ),
    html("p", { class: "quiet" }, `${electionName(ranking.election)}. ${ranking.votes_per_hour == null ? say("score_reading", values) : say("score_expected", values)}`),
  ];
}

function term(figure: string, name: string): HTMLElement {
  return html("span", { class: "term" }, html("b", {}, figure), html("span", {}, name));
}
