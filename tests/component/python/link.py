"""A component of a chain in Python. What it does is in wit/link.wit; how an exception crosses is in guests/python."""

import json
from typing import Any

from recover_guest import Failure, PanicError, errors, imported, recoverable
from shown import told
from wit_world import exports

try:
    from wit_world.imports import checker as following
except ImportError:
    # The last of a chain has no next one.
    following: Any = None  # type: ignore[no-redef]
else:
    imported(following)


class LinkError(Exception):
    """This link can't do what it was asked to."""

    def __init__(self, text: str, depth: int) -> None:
        super().__init__(f"the link in Python can't {text}")
        self.text = text
        self.depth = depth


class NoWordError(Exception):
    pass


def own(text: str) -> None:
    try:
        int("digits")
    except ValueError as error:
        raise LinkError(text, -1) from error


def deep(n: int) -> int:
    return deep(n + 1) + 1


def check(text: str) -> int:
    if text.isdigit():
        return int(text)
    word, _, rest = text.partition(" ")
    if word == "own":
        own(text)
    elif word == "panic":
        return [1, 2, 3][len(text)]
    elif word == "memory":
        return len("x" * (1 << 31 - 1))
    elif word == "deep":
        return deep(0)
    elif word == "add":
        return following.check(rest) + 1
    elif word == "wrap":
        try:
            return following.check(rest) + 1
        except Failure as error:
            raise LinkError(text, len(error.causes)) from error
    elif word == "catch":
        try:
            return following.check(rest) + 1
        except (errors.LinkError, PanicError) as error:
            return 1 + len(error.causes)
    raise NoWordError(f"no word {word}")


@recoverable
class Checker(exports.Checker):
    def check(self, text: str) -> int:
        return check(text)

    def tell(self, text: str) -> str:
        try:
            return json.dumps(following.check(text))
        except Failure as error:
            return json.dumps(told(error))
