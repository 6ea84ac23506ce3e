/** The figures of one station. */

import type { Alike, Grade, Past, Place, Result, Round, Station } from "./api";
import { html } from "./dom";
import { grade } from "./grade";
import type { Index } from "./data";
import { profile } from "./profile";
import {
  electionName, language, percent, percentWhole, personName, say, sayOr, score, stationCode, whole,
} from "./texts"; // prettier-ignore
import { turnoutChart } from "./turnout";

const SHOWN = 12; // candidates of a round before the others are only counted

export function sheet(station: Station, index: Index): Node[] {
  const rounds = station.rounds;
  const open = rounds.find((round) => round.election === station.ranking?.election) ?? rounds[0];
  return [
    html(
      "header",
      {},
      html("p", { class: "place" }, station.commune ?? station.commune_code),
      html("h2", { tabindex: "-1" }, say("station", { code: stationCode(station.station_code) })),
      html("p", { class: "venue" }, station.name ?? "", html("code", {}, station.station_id)),
    ),
    place(station.ranking, station.rounds[0]?.election ?? ""),
    rounds.length > 1 ? turnoutChart(rounds) : "",
    html(
      "section",
      { class: "rounds" },
      html("h3", {}, say("results")),
      ...rounds.map((round) => roundBlock(round, round === open)),
      rounds.length === 0 && html("p", { class: "quiet" }, say("no_rounds")),
    ),
    station.variables.length > 0 ? profile(station.variables, index) : "",
    station.lineage.length > 0 ? past(station.lineage) : "",
    station.alike.length > 0 ? resembling(station.alike) : "",
    how(station.outline_quality),
  ].filter((part): part is HTMLElement => part !== "");
}

/** The level, and the arithmetic that gives it. */
function place(ranking: Place | null, election: string): HTMLElement {
  if (!ranking || ranking.level === null) {
    const round = electionName(ranking?.election ?? election);
    return html(
      "section",
      { class: "rank" },
      html("span", { class: "badge level-0", "aria-hidden": "true" }, "–"),
      html("p", { class: "quiet" }, say("unranked", { election: round })),
    );
  }
  const target = ranking.label[language];
  const values = { rank: whole(ranking.rank), n: whole(ranking.ranked), target };
  return html(
    "section",
    { class: "rank" },
    html("span", { class: `badge level-${ranking.level}`, "aria-hidden": "true" }, String(ranking.level)),
    html(
      "div",
      { class: "standing" },
      html("strong", {}, `${say("level")} ${ranking.level}`, grade(ranking.quality)),
      html("span", {}, say(ranking.rank === 1 ? "rank_first" : "rank_of", values)),
    ),
    ...expected(ranking),
    html(
      "p",
      { class: "sum" },
      term(percent(ranking.abstention_share), say("abstention")),
      html("span", { class: "sign" }, "×"),
      term(percent(ranking.support_share), say("support", values)),
      html("span", { class: "sign" }, "="),
      term(score(ranking.score), say("score")),
    ),
    html("p", { class: "quiet" }, reading(ranking, target)),
  );
}

/** Votes per hour with what is not known of them, and the arithmetic in words. */
function expected(ranking: Place): (HTMLElement | null)[] {
  const { votes_per_hour: votes, votes_per_hour_low: low, votes_per_hour_high: high, probability, grade: sure } = ranking;
  if (votes === null || votes === undefined) return [];
  const why = language === "fr" ? ranking.why_fr : ranking.why_en;
  return [
    html(
      "p",
      { class: "sum" },
      term(score(votes), say("votes_per_hour")),
      term(`${score(low)} – ${score(high)}`, say("interval_90")),
      term(percentWhole(probability), say("among_best")),
    ),
    sure ? html("p", { class: `sureness ${sure}` }, say(`sure_${sure}`)) : null,
    why ? html("p", {}, why) : null,
  ];
}

function reading(ranking: Place, target: string): string {
  const values = {
    abstention: whole((ranking.abstention_share ?? Number.NaN) * 100),
    support: whole((ranking.support_share ?? Number.NaN) * 100),
    target,
  };
  return `${electionName(ranking.election)}. ${say("score_reading", values)}`;
}

function term(figure: string, name: string): HTMLElement {
  return html("span", { class: "term" }, html("b", {}, figure), html("span", {}, name));
}

function roundBlock(round: Round, open: boolean): HTMLElement {
  const winner = round.results[0];
  return html(
    "details",
    { open, class: "round" },
    html(
      "summary",
      {},
      html("span", {}, electionName(round.election), grade(round.quality)),
      html(
        "span",
        { class: "lead" },
        winner ? `${personName(winner.candidate)} ${percentWhole(winner.vote_share)}` : percentWhole(round.turnout_share),
      ),
    ),
    html("p", { class: "quiet" }, turnoutLine(round)),
    round.results.length > 0 ? bars(round) : html("p", { class: "quiet" }, say("no_results")),
  );
}

function turnoutLine(round: Round): string {
  const parts = [
    round.turnout_share === null ? null : `${say("turnout")} ${percent(round.turnout_share)}`,
    round.voters === null ? null : `${whole(round.voters)} ${say("voters")} / ${whole(round.registered)} ${say("registered")}`,
    wasted(round),
  ];
  return parts.filter(Boolean).join(" · ");
}

function wasted({ blank, spoiled }: Round): string | null {
  if (blank === null && spoiled === null) return null;
  if (blank === null || spoiled === null) return `${whole(blank ?? spoiled)} ${say("blank_spoiled")}`;
  return `${whole(blank)} ${say("blank")}, ${whole(spoiled)} ${say("spoiled")}`;
}

function bars(round: Round): HTMLElement {
  const shown = round.results.slice(0, SHOWN);
  const most = Math.max(...shown.map((result) => result.vote_share ?? 0), 0.01);
  const more = round.results.length - shown.length;
  return html(
    "ul",
    { class: "bars", "aria-label": `${say("results")}, ${say("of_valid_votes")}` },
    ...shown.map((result) => bar(result, most, round.quality)),
    more > 0 && html("li", { class: "quiet" }, say("others", { n: more })),
  );
}

function bar(result: Result, most: number, ofRound: Grade): HTMLElement {
  const bloc = result.bloc ?? "other";
  const fill = html("i", { class: `bar bloc-${bloc}` });
  fill.style.inlineSize = `${((result.vote_share ?? 0) / most) * 100}%`;
  const title = [result.nuance, sayOr(`bloc_${bloc}`, bloc), `${whole(result.votes)} ${say("votes")}`];
  return html(
    "li",
    { title: title.filter(Boolean).join(" · ") },
    html("span", { class: "who" }, personName(result.candidate)),
    html("span", { class: "track", "aria-hidden": "true" }, fill),
    html("span", { class: "figure" }, percent(result.vote_share), result.quality !== ofRound && grade(result.quality)),
  );
}

/** What the station was before: where its voters came from. */
function past(lineage: Past[]): HTMLElement {
  const line = ({ from_id, until, share, quality }: Past): HTMLElement =>
    html(
      "li",
      {},
      say(until ? "was_until" : "was", { station: from_id, year: until?.slice(0, 4) ?? "", share: percentWhole(share) }),
      grade(quality),
    );
  return html(
    "section",
    { class: "past" },
    html("h3", {}, say("lineage")),
    html("ul", {}, ...lineage.slice(0, SHOWN).map(line)),
    lineage.length > SHOWN && html("p", { class: "quiet" }, say("others", { n: lineage.length - SHOWN })),
  );
}

/** Stations that vote and live alike; each opens its own figures. */
function resembling(alike: Alike[]): HTMLElement {
  const link = ({ station_id, station_code, commune, commune_code, name }: Alike): HTMLElement =>
    html(
      "li",
      {},
      html("a", { href: `#station=${station_id}`, "data-station": station_id }, `${commune ?? commune_code} · ${say("station", { code: stationCode(station_code) })}`),
      name && html("small", {}, ` ${name}`),
    );
  return html(
    "section",
    { class: "alike" },
    html("h3", {}, say("alike")),
    html("p", { class: "quiet" }, say("alike_means")),
    html("ul", {}, ...alike.map(link)),
  );
}

function how(outline: Grade): HTMLElement {
  return html(
    "details",
    { class: "how" },
    html("summary", {}, say("quality_title")),
    html("p", { class: "quiet" }, say("quality_intro")),
    html(
      "dl",
      { class: "grades" },
      ...(["A", "B", "C", "D"] as const).flatMap((letter) => [
        html("dt", {}, html("span", { class: "grade" }, letter)),
        html("dd", {}, say(`quality_${letter}`)),
      ]),
    ),
    outline && html("p", { class: "quiet" }, say("outline_quality") + say("colon"), html("span", { class: "grade" }, outline)),
  );
}
