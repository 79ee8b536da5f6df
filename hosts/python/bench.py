"""What the supervisor costs: a guarded call against the bare export, and an answer after a trap against
an instance made by hand. Both are ratios within one run. `python bench.py [COMPONENT]`."""

from __future__ import annotations

import os
import pathlib
import statistics
import sys
import time
from typing import Any, Callable, List, Tuple

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "hosts" / "python"))

import wasmtime  # noqa: E402
from wasmtime import component as wit  # noqa: E402

import recover_host  # noqa: E402
from recover_host.engine import Instance  # noqa: E402

ROUNDS = 15
CALL, TRAP = 1.1, 1.2
"""The bars: of a call, and of an answer after a trap."""
INTERFACE = "recover:fixture/ledgers@0.1.0"


class Bare:
    """The component as a program of wasmtime alone has it."""

    def __init__(self, data: bytes) -> None:
        config = wasmtime.Config()
        config.epoch_interruption = True
        self.engine = wasmtime.Engine(config)
        self.component = wit.Component(self.engine, data)
        self.linker = wit.Linker(self.engine)
        self.linker.add_wasip2()
        self.fresh()

    def fresh(self) -> None:
        """An instance, as one makes it by hand after a trap."""
        self.store = wasmtime.Store(self.engine)
        self.store.set_wasi(wasmtime.WasiConfig())
        self.store.set_epoch_deadline(1)
        self.instance = self.linker.instantiate(self.store, self.component)
        self.owner = self.component.get_export_index(INTERFACE)

    def function(self, name: str) -> Callable[..., Any]:
        index = self.component.get_export_index(name, self.owner)
        assert index is not None
        found = self.instance.get_func(self.store, index)
        assert found is not None
        return lambda *arguments: found(self.store, *arguments)


def ratio(ours: Callable[[], Any], theirs: Callable[[], Any], count: int) -> Tuple[float, float, float]:
    """The median of the ratios of rounds that take turns, and both times of a call in µs."""
    for call in (ours, theirs):
        for _ in range(max(1, count // 10)):
            call()
    rounds: List[Tuple[float, float]] = []
    for _ in range(ROUNDS):
        times = []
        for call in (ours, theirs):
            begun = time.perf_counter()
            for _ in range(count):
                call()
            times.append((time.perf_counter() - begun) / count * 1e6)
        rounds.append((times[0], times[1]))
    return (
        statistics.median(one / other for one, other in rounds),
        statistics.median(one for one, _ in rounds), statistics.median(other for _, other in rounds),
    )


def ended(call: Callable[[], Any]) -> None:
    try:
        call()
    except (recover_host.RecoverError, wasmtime.WasmtimeError):
        return
    raise AssertionError("the call was to end the instance")


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RECOVER_COMPONENT", str(ROOT / "target/component/fixture_component.wasm"))
    data = pathlib.Path(path).read_bytes()
    app, bare = recover_host.load(data), Bare(data)
    timed = recover_host.load(data, limits=recover_host.Limits(timeout=60, memory=256 << 20))
    ledgers = app.ledgers
    print(f"{'':44} {'ratio':>16}   {'ours':>8}   {'bare':>8}")

    def row(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], count: int, bar: float = CALL) -> None:
        found, one, other = ratio(ours, theirs, count)
        print(f"{name:44} {found:6.2f} (bar {bar})   {one:5.1f} µs   {other:5.1f} µs{'  above the bar' if found > bar else ''}")

    row("parse: a function", lambda: ledgers.parse("12345"), lambda parse=bare.function("parse"): parse("12345"), 500)
    row("parse, with a timeout and a memory limit", lambda: timed.ledgers.parse("12345"), lambda parse=bare.function("parse"): parse("12345"), 500)
    tally, bare_tally = ledgers.Tally(), bare.function("[constructor]tally")()
    row("tally.add: an object", lambda: tally.add(1), lambda add=bare.function("[method]tally.add"): add(bare_tally, 1), 500)
    ledger, bare_ledger = ledgers.Ledger("ann"), bare.function("[constructor]ledger")("ann")
    bare_put = bare.function("[method]ledger.put")
    row("ledger.put: an object that persists", lambda: ledger.put("rent", 7), lambda: bare_put(bare_ledger, "rent", 7), 500)

    # The guard alone: the same conversions without the supervisor.
    supervisor = app._supervisor
    instance = Instance(supervisor.program, supervisor.wasi, None, supervisor.watch)
    parse = ledgers.parse.wit
    row("parse, against our own conversions alone", lambda: ledgers.parse("12345"), lambda: instance.call(parse, ("12345",)), 2000)

    def answer() -> None:
        ended(lambda: ledgers.fail("unreachable"))
        assert ledgers.parse("7") == 7

    def by_hand() -> None:
        ended(lambda: bare.function("fail")("unreachable"))
        bare.store.close()
        bare.fresh()
        bare.function("parse")("7")

    row("trap → next answer", answer, by_hand, 40, TRAP)

    def revived() -> None:
        ended(lambda: ledgers.fail("unreachable"))
        assert ledger.owner() == "ann"
        ledger.save()

    def restored() -> None:
        ended(lambda: bare.function("fail")("unreachable"))
        bare.store.close()
        bare.fresh()
        again = bare.function("[static]ledger.restore")(bytes(snapshot))
        bare.function("[method]ledger.owner")(again)
        bare.function("[method]ledger.save")(again)

    snapshot = ledger.save()
    row("trap → answer and snapshot of an object", revived, restored, 40, TRAP)


if __name__ == "__main__":
    main()
