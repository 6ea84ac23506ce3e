/** The figures of one station. */

import type { Alike, Grade, Past, Result, Round, Station } from "./api";
import { html } from "./dom";
import { grade } from "./grade";
import { history } from "./history";
import type { Index } from "./data";
import { profile } from "./profile";
import {
  electionName, language, percent, percentWhole, personName, say, stationCode, whole,
} from "./texts"; // prettier-ignore
import { standing } from "./standing";

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
    standing(station.ranking, station.rounds[0]?.election ?? ""),
    rounds.length > 1 ? history(rounds, index) : "",
    html(
      "section",
      { class: "rounds" },
      html("h3", {}, say("results")),
      ...rounds.map((round) => roundBlock(round, round === open, index)),
      rounds.length === 0 && html("p", { class: "quiet" }, say("no_rounds")),
    ),
    station.variables.length > 0 ? profile(station.variables, index) : "",
    station.lineage.length > 0 ? past(station.lineage) : "",
    station.alike.length > 0 ? resembling(station.alike) : "",
    how(station.outline_quality),
  ].filter((part): part is HTMLElement => part !== "");
}

function roundBlock(round: Round, open: boolean, index: Index): HTMLElement {
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
    round.results.length > 0 ? bars(round, index) : html("p", { class: "quiet" }, say("no_results")),
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

function bars(round: Round, index: Index): HTMLElement {
  const shown = round.results.slice(0, SHOWN);
  const most = Math.max(...shown.map((result) => result.vote_share ?? 0), 0.01);
  const more = round.results.length - shown.length;
  return html(
    "ul",
    { class: "bars", "aria-label": `${say("results")}, ${say("of_valid_votes")}` },
    ...shown.map((result) => bar(result, most, round.quality, index)),
    more > 0 && html("li", { class: "quiet" }, say("others", { n: more })),
  );
}

function bar(result: Result, most: number, ofRound: Grade, index: Index): HTMLElement {
  const bloc = result.fine ?? result.bloc ?? "other";
  const fill = html("i", { class: "bar" });
  fill.style.background = `var(--bloc-${bloc}, var(--bloc-${result.bloc ?? "other"}))`;
  fill.style.inlineSize = `${((result.vote_share ?? 0) / most) * 100}%`;
  const title = [result.nuance, index.blocs[bloc]?.[language] ?? bloc, `${whole(result.votes)} ${say("votes")}`];
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
