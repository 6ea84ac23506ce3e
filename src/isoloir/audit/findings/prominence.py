"""How refusing looks beside accepting: the measures behind the word "as easy"."""

from __future__ import annotations

from typing import Any

from isoloir.audit.evidence import Control
from isoloir.audit.rules.packs import Text

SMALLEST_FONT = 9.5  # CSS pixels: below, the way to refuse is not meant to be read
SMALLER = 0.62  # of the font of what accepts
FAINTEST = 2.5  # contrast below which text is hidden from many; WCAG 2.2 asks for 4.5
PLAIN = 4.0  # a contrast that anybody reads
WINDOW = 800.0


def compare(refuse: Control, accept: Control | None) -> tuple[list[Text], dict[str, Any]]:
    """What buries a refusal, if anything, and the measures of both controls."""
    wrong: list[Text] = []
    measures: dict[str, Any] = {"refuse": _measure(refuse), "accept": _measure(accept) if accept else None}
    if refuse.covered:
        wrong.append(Text("un autre élément le recouvre", "another element covers it"))
    if refuse.font_px and refuse.font_px < SMALLEST_FONT and _bigger(accept, refuse):
        wrong.append(
            Text(f"il est écrit en {refuse.font_px:.0f} pixels", f"it is written in {refuse.font_px:.0f} pixels")
        )
    elif accept and accept.font_px and refuse.font_px < SMALLER * accept.font_px:
        wrong.append(Text("il est bien plus petit que l'acceptation", "it is much smaller than what accepts"))
    if refuse.contrast < FAINTEST and (accept is None or accept.contrast >= min(PLAIN, 1.5 * refuse.contrast)):
        wrong.append(Text(f"son contraste est de {refuse.contrast:.1f}", f"its contrast is {refuse.contrast:.1f}"))
    if accept and accept.box and refuse.box and accept.box.y < WINDOW <= refuse.box.y:
        wrong.append(Text("il est hors de l'écran, l'acceptation non", "it is off the screen, what accepts is not"))
    if accept and accept.box and refuse.box and accept.box.area > 0:
        measures["area_ratio"] = round(refuse.box.area / accept.box.area, 3)
        if refuse.box.area < 150:
            wrong.append(Text("on ne peut guère cliquer dessus", "one can hardly click on it"))
    return wrong, measures


def _bigger(accept: Control | None, refuse: Control) -> bool:
    return accept is None or accept.font_px > refuse.font_px + 1


def _measure(control: Control) -> dict[str, Any]:
    box = control.box
    return {
        "name": control.name,
        "font_px": control.font_px,
        "contrast": control.contrast,
        "width": round(box.width) if box else None,
        "height": round(box.height) if box else None,
        "selector": control.selector,
    }
