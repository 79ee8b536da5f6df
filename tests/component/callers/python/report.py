"""How the fixture is made to fail by a program in Python, whether that is a host or a component."""

from __future__ import annotations

import json
from typing import Any, Callable

from shown import told


def report(ledgers: Any, how: Callable[[str], Any], text: str) -> str:
    """What is caught, as JSON."""
    try:
        return json.dumps({"returned": _fail(ledgers, how, text)})
    except Exception as error:
        return json.dumps(told(error))


def _fail(ledgers: Any, how: Callable[[str], Any], text: str) -> Any:
    if text == "parse":
        return ledgers.parse("12x")
    if text == "get":
        return ledgers.Ledger("ann").get("tea")
    if text == "poisoned":
        draft = ledgers.Draft()
        try:
            draft.fail("torn", how("panic"))
        except Exception:
            return draft.text()
    return ledgers.fail(how(text))
