"""The supervisor of a component: it guards every call, sees an instance end, makes the next one, and
brings objects into it.

Every call, destructor, snapshot and replay goes through here, one at a time: what arrives meanwhile is
refused with `BusyError`. An instance that has ended is never entered again. Nothing here knows how values
cross or what functions are called in Python.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from typing import Any, Callable, Deque, List, NamedTuple, Optional, Set, Tuple

import wasmtime

from .engine import Ended, Function, Instance, Program, Watch
from .errors import (
    BusyError,
    Errors,
    InstanceAbortedError,
    PanicError,
    RecoverError,
    RestartLimitError,
    StaleHandleError,
    raised,
    returned,
)
from .options import LOOP, AbortReport, Health, Journal, Limits, LostReport, RestartLimit
from .records import Cell, Record, frozen, mark

log = logging.getLogger("recover_host")


class _End(NamedTuple):
    """How the last instance ended."""

    error: BaseException
    function: str
    progress: bool


_CUT = RecoverError("the call was cut")


class Supervisor:
    """Supervises one component."""

    def __init__(
        self, program: Program, wasi: Callable[[], wasmtime.WasiConfig], limits: Limits, restart_limit: RestartLimit, journal: Journal,
    ) -> None:
        self.program, self.wasi, self.limits, self.limit, self.journal = program, wasi, limits, restart_limit, journal
        self.name = program.name
        self.build: Optional[str] = None
        self.errors = Errors()
        self.lock = threading.Lock()
        self.watch = Watch(program.engine, limits.timeout)
        self.instance: Optional[Instance] = None
        self.epoch = 0
        self.figures = Health()
        self.current = ""
        """The call that is under way."""
        self.asked = True
        """Whether the program asked for what runs now; if not, its end is no progress."""
        self.last: Optional[_End] = None
        self.times: List[float] = []
        self.closed = False
        self.cells: Set[Cell] = set()
        self.born: List[Cell] = []
        """What a call made, until that is recorded."""
        self.dropped: Deque[Cell] = deque()
        """Objects whose handles are gone."""
        self.tell: List[Tuple[List[Callable[[Any], Any]], Any]] = []
        """What listeners are told once the call has left."""
        self.on_abort: List[Callable[[AbortReport], Any]] = []
        self.on_panic: List[Callable[[PanicError], Any]] = []
        self.on_lost: List[Callable[[LostReport], Any]] = []

    # The calls.

    def enter(self, name: str) -> None:
        """A call arrives. There is an instance after it."""
        if not self.lock.acquire(False):
            raise self.busy(name)
        try:
            self.current = name
            self.ready()
        except BaseException:
            self.leave()
            raise

    def busy(self, name: str) -> BusyError:
        """The error of a call that arrives during another."""
        self.figures.busy += 1
        return BusyError(f"{name} was called while {self.current or 'another call'} was under way; a component runs one call at a time")

    def ready(self) -> None:
        """Sees that there is an instance to enter."""
        if self.closed:
            raise StaleHandleError(f"{self.name} was closed; load it again")
        if self.dropped:
            self.drain()
        if self.instance is None:
            self.fresh()

    def leave(self) -> None:
        """The call has left. Listeners may call the component again."""
        tell, self.tell = self.tell, []
        self.current = ""
        self.lock.release()
        for listeners, report in tell:
            for listener in list(listeners):
                try:
                    listener(report)
                except Exception:
                    log.exception("a listener of %s failed", self.name)

    def call(self, function: Function, arguments: Tuple[Any, ...]) -> Any:
        """Makes a call of the program's."""
        # Most calls pass here and do nothing else than what stands here: `enter` and `leave` are for the others.
        lock = self.lock
        if not lock.acquire(False):
            raise self.busy(function.name)
        try:
            self.current = function.name
            if self.instance is None or self.dropped:
                self.ready()
            self.figures.calls += 1
            if function.handles:
                return self.of_objects(function, arguments)
            value, error = self.run(function, arguments)
            if self.born:
                self.settle(function, arguments, [], error)
            if error is not None:
                raise self.counted(error)
            return value
        finally:
            if self.born:
                self.born.clear()
            if self.tell:
                self.leave()
            else:
                self.current = ""
                lock.release()

    def of_objects(self, function: Function, arguments: Tuple[Any, ...]) -> Any:
        """A call that takes objects."""
        if function.lone:
            cell = function.params[0].cell(arguments[0], function.names[0])  # type: ignore[attr-defined]
            if cell.epoch != self.epoch or cell.raw is None:
                self.bring(cell)
            record = cell.record
            try:
                value, error = self.run(function, arguments)
                if record is not None:
                    self.record(cell, record, function, arguments, value, error)
            except BaseException:
                if record is not None and self.cut():
                    record.unsure = True
                raise
        else:
            found: List[Tuple[Cell, bool]] = []
            for one, argument in zip(function.params, arguments):
                if not one.plain:
                    one.resources(argument, found)
            given = [cell for cell, is_given in found if is_given]
            if any(sum(other is cell for other, _ in found) > 1 for cell in given):
                raise BusyError(f"{function.name} would consume an object that it also uses")
            for cell, _ in found:
                self.bring(cell)
            try:
                value, error = self.run(function, arguments)
            except BaseException:
                if self.cut():
                    self.settle(function, arguments, found, _CUT)
                raise
            for cell in given:
                # The component has it now. If its instance ends before the call is recorded, it comes back.
                cell.unload()
            self.settle(function, arguments, found, error)
        if error is not None:
            raise self.counted(error)
        return value

    def cut(self) -> bool:
        """Whether a call was cut behind the component's back: by `Ctrl-C`, when it was in there."""
        return self.instance is not None and self.instance.entered

    def counted(self, error: Exception) -> Exception:
        """Counts an error of the program's own."""
        if not isinstance(error, RecoverError):
            self.figures.errors += 1
        return error

    def run(self, function: Function, arguments: Tuple[Any, ...]) -> Tuple[Any, Optional[Exception]]:
        """Calls a function. The answer is its value, or the error that it returned; an end is raised."""
        assert self.instance is not None
        ended: Optional[Ended] = None
        program = self.program
        program.called = False
        if program.sent:
            program.sent.clear()
        try:
            value = self.instance.call(function, arguments)
        except Ended as caught:
            ended = caught
        if ended is not None:
            self.end(ended.error, function.name)
            raise ended.error
        if not function.fallible:
            return value, None
        good, value = value
        if good:
            return value, None
        if not function.typed:
            return None, raised(value, function.name)
        error = self.errors.of_failure(value)
        if program.sent:
            returned(error, program.sent)
        if error.fatal:
            self.end(error, function.name)
            raise error
        if isinstance(error, PanicError):
            self.figures.panics += 1
            self.tell.append((self.on_panic, error))
        return None, error

    # Records.

    def record(
        self, cell: Cell, record: Record, function: Function, arguments: Tuple[Any, ...], value: Any, error: Optional[Exception],
    ) -> None:
        """A call of an object that persists has left."""
        if isinstance(error, RecoverError):
            record.unsure = True
            return
        if function is cell.kind.save and error is None:
            record.cut(value)
        elif record.unsure or record.behind is not None or self.program.called:
            # To call a function of Python again is not ours to do.
            self.snapshot(cell, record)
        else:
            record.append(function, arguments, mark(value, error))
            journal = self.journal
            if len(record.entries) >= journal.calls * record.due or record.size >= journal.bytes * record.due:
                self.shorten(cell, record)

    def snapshot(self, cell: Cell, record: Record) -> None:
        """A snapshot is the only record of a call. If it ends the instance, the call never happened."""
        try:
            record.cut(self.save(cell))
        except Exception as failure:
            if self.instance is None:
                raise
            record.behind = failure
            log.warning("the record of a %s of %s is behind: %s", cell.kind.made.__name__, self.name, failure)

    def shorten(self, cell: Cell, record: Record) -> None:
        """A snapshot replaces a journal. The calls are recorded: whoever made the last one is not told if it fails."""
        asked, self.asked = self.asked, False
        try:
            record.cut(self.save(cell))
        except Exception as failure:
            record.due *= 2
            log.warning("no snapshot of a %s of %s: %s", cell.kind.made.__name__, self.name, failure)
        finally:
            self.asked = asked

    def settle(
        self, function: Function, arguments: Tuple[Any, ...], found: List[Tuple[Cell, bool]], error: Optional[Exception],
    ) -> None:
        """A call that made objects, or used several, has left: all their records move together, or none."""
        born, given = list(self.born), [cell for cell, is_given in found if is_given]
        used = list(dict.fromkeys(cell for cell, is_given in found if not is_given))
        self.born.clear()
        if isinstance(error, RecoverError):
            for cell in used:
                if cell.record is not None:
                    cell.record.unsure = True
            for cell in given:
                # Where the value went by then, nobody knows: it may live on.
                self.forget(cell, "given away")
            return
        staged: List[Tuple[Cell, bytes]] = []
        bases: List[Tuple[Cell, Record]] = []
        try:
            for cell in used:
                if cell.record is not None:
                    staged.append((cell, self.save(cell)))
            for cell in born:
                if not cell.kind.persists:
                    continue
                if function is cell.kind.restore:
                    bases.append((cell, Record(bytes(arguments[0]))))
                elif function.constructs and not function.handles:
                    bases.append((cell, Record((function, frozen(function.params, arguments)))))
                else:
                    bases.append((cell, Record(self.save(cell))))
        except BaseException:
            # What is in the instance is ahead of the records.
            for cell in used:
                if cell.record is not None:
                    self.discard(cell)
            for cell in given:
                if cell.record is None:
                    self.forget(cell, "given away")
            for cell in born:
                self.discard(cell)
                cell.forget("closed")
            raise
        for cell, snapshot in staged:
            assert cell.record is not None
            cell.record.cut(snapshot)
        for cell, record in bases:
            cell.record = record
        for cell in given:
            self.forget(cell, "given away")
        self.cells.update(born)

    def save(self, cell: Cell) -> bytes:
        """A snapshot of an object."""
        assert cell.kind.save is not None
        value, error = self.run(cell.kind.save, (cell,))
        if error is not None:
            raise error
        self.figures.snapshots += 1
        return bytes(value)

    # Objects.

    def bring(self, cell: Cell) -> None:
        """Brings an object into the instance, if it is not there."""
        if cell.state == "live" and cell.raw is not None and cell.epoch == self.epoch:
            return
        if cell.state != "live" or cell.record is None:
            self.figures.stale += 1
            raise cell.stale()
        record, asked = cell.record, self.asked
        self.asked = False
        reason: Optional[BaseException] = record.behind
        try:
            if reason is None:
                self.make(cell, record)
                for entry in record.entries:
                    self.replay(cell, entry)
        except Exception as failure:
            reason = failure
        finally:
            self.asked = asked
        if reason is None:
            self.figures.revived += 1
            return
        self.discard(cell)
        self.figures.lost += 1
        self.figures.stale += 1
        self.forget(cell, "lost", reason)
        log.warning("a %s of %s could not come back: %s", cell.kind.made.__name__, self.name, reason)
        self.tell.append((self.on_lost, LostReport(cell.kind.made.__name__, reason)))
        raise cell.stale()

    def make(self, cell: Cell, record: Record) -> None:
        """Makes an object as the base of its record says."""
        restore = cell.kind.restore
        assert restore is not None
        function, arguments = (restore, (record.base,)) if isinstance(record.base, bytes) else record.base
        born, self.born = self.born, []
        try:
            handle, error = self.run(function, arguments)
            if error is not None:
                raise diverged(f"{function.name} failed: {error}", error)
        finally:
            self.born = born
        # Its own handle must not free it.
        made, handle._cell = handle._cell, None
        cell.raw, cell.epoch = made.raw, made.epoch

    def replay(self, cell: Cell, entry: Any) -> None:
        """Makes a call of a record again."""
        value, error = self.run(entry.function, (cell, *entry.arguments))
        self.figures.replayed += 1
        if self.born:
            self.born.clear()
        again = mark(value, error)
        if again != entry.mark:
            raise diverged(f"{entry.function.name} ended differently when it was replayed", error)

    def discard(self, cell: Cell) -> None:
        """Frees an object in the instance. Its record stays."""
        raw, epoch = cell.raw, cell.epoch
        cell.unload()
        if raw is None or self.instance is None or epoch != self.epoch:
            return
        ended: Optional[Ended] = None
        name = cell.kind.made.__name__
        try:
            self.instance.drop(raw, name)
        except Ended as caught:
            ended = caught
        if ended is not None:
            self.end(ended.error, f"the destructor of {name}")

    def forget(self, cell: Cell, state: str, reason: Optional[BaseException] = None) -> None:
        """An object is no more."""
        self.cells.discard(cell)
        cell.forget(state, reason)

    def drain(self) -> None:
        """Frees the objects whose handles are gone."""
        while self.dropped:
            cell = self.dropped.popleft()
            if cell.state == "live":
                self.discard(cell)
                self.forget(cell, "closed")

    def close_cell(self, cell: Cell) -> None:
        """A handle is closed. During a call, what it stands for is freed when that has left."""
        if cell.state != "live":
            return
        if not self.lock.acquire(False):
            self.dropped.append(cell)
            return
        self.current = f"the destructor of {cell.kind.made.__name__}"
        try:
            self.drain()
            self.discard(cell)
            self.forget(cell, "closed")
        finally:
            self.leave()

    # Instances.

    def end(self, error: BaseException, name: str, wanted: bool = False) -> None:
        """The instance has ended."""
        instance, self.instance = self.instance, None
        if instance is not None:
            instance.close()
        lost: List[str] = []
        kept = 0
        for cell in list(self.cells):
            if cell.record is None:
                lost.append(cell.kind.made.__name__)
                cell.raw = None
                self.forget(cell, "lost")
            else:
                kept += 1
        self.figures.lost += len(lost)
        self.last = _End(error, name, self.asked)
        if not wanted:
            self.figures.last_end = error
            self.tell.append((self.on_abort, AbortReport(error, name, self.epoch, kept, tuple(lost), self.asked)))

    def fresh(self) -> None:
        """Makes an instance if the restart limit allows it."""
        if self.figures.limited:
            raise self.limit_error()
        last, now = self.last, time.monotonic()
        if last is not None:
            if self.limit is LOOP and last.progress:
                # A caller can provoke it as often as he likes: that is no crash loop.
                self.times = []
            else:
                self.times = [one for one in self.times if now - one < self.limit.period]
                if len(self.times) >= self.limit.restarts:
                    self.figures.limited = True
                    raise self.limit_error()
                self.times.append(now)
            self.figures.restarts += 1
        self.epoch += 1
        ended: Optional[Ended] = None
        try:
            self.instance = Instance(self.program, self.wasi, self.limits.memory, self.watch)
        except Ended as caught:
            ended = caught
        if ended is not None:
            asked, self.asked = self.asked, False
            self.end(ended.error, "its start")
            self.asked = asked
            raise ended.error
        self.last = None

    def limit_error(self) -> RestartLimitError:
        """The error of calls after the limit."""
        limit = self.limit
        why = " without a call in between" if limit is LOOP else ""
        error = RestartLimitError(f"the instance ended more often than {limit.restarts} times in {limit.period:g} s{why}; call restart() to go on")
        if self.last is not None:
            error.__cause__ = self.last.error
        return error

    def restart(self) -> None:
        """Ends the instance; the next call makes a fresh one. The restart limit begins anew."""
        if not self.lock.acquire(False):
            raise BusyError(f"restart() was called while {self.current or 'another call'} was under way")
        try:
            self.times, self.figures.limited = [], False
            if self.instance is not None:
                self.end(InstanceAbortedError("restart() ended the instance"), "", wanted=True)
            self.last = None
            self.figures.restarts += 1
        finally:
            self.leave()

    def close(self) -> None:
        """Ends the instance for good."""
        if not self.lock.acquire(False):
            raise BusyError(f"close() was called while {self.current or 'another call'} was under way")
        try:
            if not self.closed:
                self.closed = True
                self.end(StaleHandleError(f"{self.name} was closed"), "", wanted=True)
                for cell in list(self.cells):
                    self.forget(cell, "closed")
                self.dropped.clear()
                self.watch.close()
        finally:
            self.leave()

    def health(self) -> Health:
        """A copy of the figures."""
        figures = Health(**vars(self.figures))
        cells = list(self.cells)
        figures.instance, figures.alive = self.epoch, self.instance is not None
        figures.objects, figures.persistent = len(cells), sum(cell.record is not None for cell in cells)
        return figures


def diverged(message: str, error: Optional[BaseException]) -> RecoverError:
    """Why an object is lost whose replay ended otherwise than the calls did."""
    failure = RecoverError(message, kind="stale", code="E_DIVERGED")
    failure.__cause__ = error
    return failure
