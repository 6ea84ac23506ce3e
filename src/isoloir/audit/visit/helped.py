"""A second opinion where no way to refuse was found: the rules of autoconsent, which know many consent managers.

They run in the mode that only rejects, and what they really clicked is looked at: some of them report that they refused
when they pressed OK. What they achieve is no refusal that a visitor would have found; it keeps a site from being
accused of offering none. The package `duckduckgo-autoconsent-py` (MPL-2.0) is used where it is installed.
"""

from __future__ import annotations

import asyncio
import json
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from playwright.async_api import Error as BrowserError
from playwright.async_api import Frame

from isoloir.audit.evidence import Click, Control
from isoloir.audit.visit import banner
from isoloir.audit.visit.page import MOST_FRAMES, Sight
from isoloir.audit.words import intent

PACKAGE = "duckduckgo_autoconsent"
PATIENCE = 6.0  # seconds that the rules may take
NO_REFUSAL = ("accept", "acknowledge", "pay", "close")
CONFIG = {
    "enabled": True, "autoAction": "optOut", "disabledCmps": [], "enablePrehide": False, "enableCosmeticRules": False,
    "enableGeneratedRules": True, "detectRetries": 10, "isMainWorld": False, "prehideTimeout": 1000,
    "enableHeuristicDetection": True, "heuristicMode": "reject", "heuristicPopupSearchTimeout": 100,
    "enablePopupMutationObserver": False, "visualTest": False, "performanceLoggingEnabled": False,
    "logs": dict.fromkeys(("lifecycle", "rulesteps", "detectionsteps", "evals", "errors", "messages", "waits"), False),
}  # fmt: skip
LISTEN = """() => {
  window.__clicked = [];
  addEventListener("click", (event) => {
    const e = event.composedPath()[0];
    const named = e.closest?.("button,a,[role=button],input,label") || e;
    window.__clicked.push(String(named.innerText || named.value || named.ariaLabel || "").trim().slice(0, 200));
  }, true);
}"""
ANSWER = "(answer) => { if (window.autoconsentReceiveMessage) window.autoconsentReceiveMessage(answer); }"


@cache
def installed() -> bool:
    """Whether the package is there."""
    return find_spec(PACKAGE) is not None


async def refuse(sight: Sight) -> list[Click]:
    """Let the rules refuse; one click where they did, and where nothing that they pressed means agreement."""
    asking = await banner.find(sight)
    before = await banner.jar(sight)
    done = asyncio.Event()
    said: list[dict[str, Any]] = []

    async def serve(source: dict[str, Any], message: dict[str, Any]) -> None:
        said.append(message)
        if message.get("type") in ("optOutResult", "autoconsentDone", "autoconsentError"):
            done.set()
        await _answer(source["frame"], message)

    await sight.page.expose_binding("autoconsentSendMessage", serve)
    frames = sight.page.frames[:MOST_FRAMES]
    for frame in frames:
        await _run(frame, LISTEN)
        await _run(frame, import_module(PACKAGE).bundle())
    try:
        await asyncio.wait_for(done.wait(), PATIENCE)
    except TimeoutError:
        return []
    await sight.settle(banner.AFTER_CLICK)
    pressed = [name for frame in frames for name in await _run(frame, "() => window.__clicked || []") or []]
    achieved = any(m.get("type") == "optOutResult" and m.get("result") for m in said)
    if not achieved or not pressed or any(intent(name) in NO_REFUSAL for name in pressed):
        return []
    effect = ["banner gone"] if asking.containers and not await banner.still_there(sight, asking) else []
    effect += ["something stored"] if await banner.jar(sight) != before else []
    manager = next((str(m["cmp"]) for m in said if m.get("cmp")), "")
    sight.note(f"refused by the rules of autoconsent for {manager}")
    control = Control(name=pressed[-1], role="button", intent="refuse", shown=True)
    return [
        Click(phase=sight.recorder.phase, at=sight.recorder.at, control=control, layer=len(pressed), purpose="refuse",
              effect=tuple(effect))
    ]  # fmt: skip


async def _answer(frame: Frame, message: dict[str, Any]) -> None:
    if message.get("type") == "init":
        rules = {"autoconsent": json.loads(import_module(PACKAGE).rules_json())}
        await _run(frame, ANSWER, {"type": "initResp", "config": CONFIG, "rules": rules})
    elif message.get("type") == "eval":
        result = await _run(frame, str(message["code"]))
        await _run(frame, ANSWER, {"type": "evalResp", "id": message["id"], "result": result})


async def _run(frame: Frame, code: str, given: Any = None) -> Any:
    try:
        return await asyncio.wait_for(frame.evaluate(code, given), PATIENCE)
    except (TimeoutError, BrowserError):
        return None
