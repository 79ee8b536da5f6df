"""A component in Python that calls the fixture."""

import report
from recover_guest import imported, recoverable
from wit_world import exports
from wit_world.imports import ledgers

imported(ledgers)


def how(text: str) -> ledgers.How:
    return ledgers.How[text.upper().replace("-", "_")]


@recoverable
class Caller(exports.Caller):
    def report(self, text: str) -> str:
        return report.report(ledgers, how, text)
