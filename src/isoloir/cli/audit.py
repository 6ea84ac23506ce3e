"""The audit of websites: visit them, verify the evidence, judge it again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from isoloir.cli.words import AUDIT, app, example
from isoloir.commands.progress import progress
from isoloir.language import say

PACKS = "angers-2017, cnil-2013, cnil-2020, campaign"


class Addresses(TyperGroup):
    """`isoloir audit https://...` is `isoloir audit visit https://...`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put in the name of the command where an address or an option comes first."""
        if args and args[0] not in self.commands and args[0] not in ctx.help_option_names:
            args = ["visit", *args]
        return super().parse_args(ctx, args)


audit = typer.Typer(
    cls=Addresses,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    help=say(
        "Audite des sites : visites d'un vrai navigateur, preuves, constats (isoloir audit https://...).",
        "Audit websites: visits of a real browser, evidence, findings (isoloir audit https://...).",
    ),
    epilog=example("isoloir audit https://exemple.fr", "isoloir audit --list sites.csv --rules cnil-2013 --out audit"),
)
app.add_typer(audit, name="audit", rich_help_panel=AUDIT)

Rules = Annotated[
    list[str], typer.Option("--rules", help=say(f"la règle (répétable) : {PACKS}", f"the rules (repeatable): {PACKS}"))
]
Folders = Annotated[
    list[Path],
    typer.Argument(
        metavar="DIR", help=say("le dossier d'un audit, ou d'un site", "the folder of an audit, or of a site")
    ),
]
Listed = Annotated[Path | None, typer.Option("--list", help=say("un CSV d'adresses", "a CSV of addresses"))]
Out = Annotated[Path, typer.Option(help=say("le dossier des preuves", "the folder of the evidence"))]
Depth = Annotated[int, typer.Option(min=0, help=say("pages intérieures visitées", "inner pages visited"))]
Parallel = Annotated[int, typer.Option(min=1, help=say("sites visités en même temps", "sites at a time"))]
Seconds = Annotated[float, typer.Option(min=10, help=say("secondes par site, au plus", "seconds per site, at most"))]
Key = Annotated[Path | None, typer.Option(help=say("clé Ed25519 (PEM) qui signe", "Ed25519 key (PEM) that signs"))]
Again = Annotated[bool, typer.Option("--again", help=say("revisiter ce qui est fait", "visit again what is done"))]
Contact = Annotated[str, typer.Option(help=say("ajouté à l'agent utilisateur", "added to the user agent"))]
IgnoreRobots = Annotated[
    bool, typer.Option("--ignore-robots", help=say("ne pas lire robots.txt", "do not read robots.txt"))
]
AllowPrivate = Annotated[
    bool, typer.Option("--allow-private", help=say("accepter les adresses privées", "allow private addresses"))
]
Authority = Annotated[
    Path | None, typer.Option(help=say("autorité de certification (PEM)", "certificate authority (PEM)"))
]
Pdf = Annotated[bool, typer.Option("--pdf", help=say("rapports en PDF aussi", "reports as PDF too"))]
AsJson = Annotated[bool, typer.Option("--json", help=say("en JSON", "as JSON"))]
Cluster = Annotated[str, typer.Option(help=say("un planificateur Dask (tcp://...)", "a Dask scheduler (tcp://...)"))]
BrowserArg = Annotated[
    list[str] | None,
    typer.Option(help=say("argument pour Chromium (répétable)", "argument for Chromium (repeatable)")),
]


@audit.command(
    rich_help_panel=AUDIT,
    help=say(
        "Visite des sites et juge ce qui a été vu. C'est la commande quand on donne une adresse.",
        "Visit sites and judge what was seen. It is the command when an address is given.",
    ),
    epilog=example("isoloir audit https://exemple.fr", "isoloir audit --list sites.csv --parallel 8 --out audit"),
)
def visit(
    urls: Annotated[list[str] | None, typer.Argument(metavar="URL", help=say("les adresses", "the addresses"))] = None,
    listed: Listed = None,
    rules: Rules = ["cnil-2020"],  # noqa: B006
    out: Out = Path("audit"),
    depth: Depth = 3,
    parallel: Parallel = 8,
    timeout: Seconds = 240,
    key: Key = None,
    again: Again = False,
    contact: Contact = "",
    ignore_robots: IgnoreRobots = False,
    allow_private: AllowPrivate = False,
    ca: Authority = None,
    browser_arg: BrowserArg = None,
    cluster: Cluster = "",
    pdf: Pdf = False,
    as_json: AsJson = False,
) -> None:
    from isoloir.audit.queue import read_list
    from isoloir.audit.visit.browser import Options
    from isoloir.commands import audit_show as show
    from isoloir.commands.audit import audit as run

    options = Options(
        depth=depth, parallel=parallel, timeout_s=timeout, browser_args=tuple(browser_arg or ()), ca=str(ca or ""),
        allow_private=allow_private, contact=contact, robots=not ignore_robots,
    )  # fmt: skip
    addresses = [*(urls or []), *(read_list(listed) if listed else [])]
    with progress() as report:
        audited = run(addresses, rules, out, options, key, again, report, cluster)
    if pdf:
        from isoloir.commands.audit_report import print_all

        print_all(out)
    show.audited(audited, as_json)


@audit.command(
    rich_help_panel=AUDIT,
    help=say("Vérifie que les preuves n'ont pas changé.", "Verify that the evidence has not changed."),
    epilog=example("isoloir audit verify audit", "isoloir audit verify audit/exemple.fr --key public.pem"),
)
def verify(
    folders: Folders,
    key: Annotated[
        Path | None, typer.Option(help=say("la clé publique attendue (PEM)", "the public key expected (PEM)"))
    ] = None,
) -> None:
    from isoloir.commands import audit_show as show
    from isoloir.commands.audit import check

    wrong = check(folders, key)
    show.verified(wrong)
    if any(wrong.values()):
        raise typer.Exit(1)


@audit.command(
    rich_help_panel=AUDIT,
    help=say(
        "Juge à nouveau les preuves, sans réseau : une ligne JSON par site.",
        "Judge the evidence again, without a network: one JSON line per site.",
    ),
    epilog=example("isoloir audit judge audit --rules cnil-2013"),
)
def judge(folders: Folders, rules: Rules = ["cnil-2020"]) -> None:  # noqa: B006
    from isoloir.commands.audit import judge as again

    for line in again(folders, rules):
        typer.echo(json.dumps(line, ensure_ascii=False))


@audit.command(
    rich_help_panel=AUDIT,
    help=say(
        "Refait les rapports à partir des preuves, par d'autres règles s'il le faut (HTML, CSV, JSON, PDF).",
        "Make the reports again from the evidence, by other rules if need be (HTML, CSV, JSON, PDF).",
    ),
    epilog=example("isoloir audit report audit --pdf", "isoloir audit report audit --rules angers-2017"),
)
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help=say("le dossier d'un audit", "the folder of an audit"))],
    rules: Rules = [],  # noqa: B006
    pdf: Pdf = False,
) -> None:
    from isoloir.commands import audit_show as show
    from isoloir.commands.audit_report import report as again

    show.reported(folder, again(folder, rules, pdf))


@audit.command(
    rich_help_panel=AUDIT,
    help=say("Compare deux audits : ce qui a changé depuis.", "Compare two audits: what changed since."),
    epilog=example("isoloir audit compare audit-2026-11 audit-2027-02 --out changes"),
)
def compare(
    before: Annotated[Path, typer.Argument(help=say("le premier audit", "the first audit"))],
    after: Annotated[Path, typer.Argument(help=say("le second", "the second"))],
    rules: Rules = ["cnil-2020"],  # noqa: B006
    out: Annotated[Path, typer.Option(help=say("le dossier de la comparaison", "the folder of the comparison"))] = Path(
        "changes"
    ),
    pdf: Pdf = False,
    as_json: AsJson = False,
) -> None:
    from isoloir.commands import audit_show as show
    from isoloir.commands.audit_report import difference

    found, files = difference(before, after, rules, out, pdf)
    show.compared(found, files, as_json)


@audit.command(
    rich_help_panel=AUDIT,
    help=say(
        "Audite les sites surveillés (pages « Sites surveillés » d'isoloir serve) quand leur tour vient.",
        "Audit the watched sites (the pages “Watched sites” of isoloir serve) when they are due.",
    ),
    epilog=example("isoloir audit watch", "isoloir audit watch --once"),
)
def watch(
    once: Annotated[
        bool, typer.Option("--once", help=say("ce qui est dû, puis finir (cron)", "what is due, then end (cron)"))
    ] = False,
    depth: Depth = 3,
    parallel: Parallel = 8,
    timeout: Seconds = 240,
    contact: Contact = "",
    allow_private: AllowPrivate = False,
    ca: Authority = None,
    browser_arg: BrowserArg = None,
) -> None:
    from isoloir.audit.visit.browser import Options
    from isoloir.commands import audit_show as show
    from isoloir.commands.audit_watch import watch as run

    options = Options(
        depth=depth, parallel=parallel, timeout_s=timeout, browser_args=tuple(browser_arg or ()), ca=str(ca or ""),
        allow_private=allow_private, contact=contact,
    )  # fmt: skip
    with progress() as report:
        run(options, once, report, show.watched)


@audit.command(
    rich_help_panel=AUDIT,
    help=say(
        "Le schéma JSON des constats (report.json), ou des preuves (evidence.json).",
        "The JSON schema of the findings (report.json), or of the evidence (evidence.json).",
    ),
    epilog=example("isoloir audit schema", "isoloir audit schema --evidence"),
)
def schema(
    evidence: Annotated[
        bool, typer.Option("--evidence", help=say("celui des preuves", "that of the evidence"))
    ] = False,
) -> None:
    from isoloir.audit.evidence import schema as of_evidence
    from isoloir.audit.report.tables import schema as of_findings

    typer.echo(json.dumps(of_evidence() if evidence else of_findings(), ensure_ascii=False, indent=1))
