"""The supervisor of a component: it guards every call, sees an instance end, makes the next one, and
brings objects into it.

Every call, destructor, snapshot and replay goes through here, one at a time: what arrives meanwhile is
refused with `BusyError`. An instance that has ended is never entered again. Nothing here knows how values
cross or what functions are called in Python.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, NamedTuple, Optional, Set, Tuple

import wasmtime

from .engine import Ended, Function, Instance, Program, Watch
from .errors import (
    BusyError,
    ComponentError,
    Errors,
    InstanceAbortedError,
    OutOfMemoryError,
    PanicError,
    RecoverError,
    RestartLimitError,
    StaleHandleError,
    TimeoutError,
    raised,
    remark,
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
_LATER = (OutOfMemoryError, TimeoutError)
"""What a revival may fail by that was not so later: there may be memory and time again."""


class Supervisor:
    """Supervises one component."""

    def __init__(
        self, program: Program, wasi: Callable[[], wasmtime.WasiConfig], limits: Limits, restart_limit: RestartLimit, journal: Journal,
    ) -> None:
        self.program, self.wasi, self.limits, self.limit, self.journal = program, wasi, limits, restart_limit, journal
        self.name = program.name
        self.build: Optional[str] = None
        self.errors = Errors()
        self.inside: Dict[int, object] = {}
        """Under 0, what stands for the call that is under way."""
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

    def alone(self, name: str, work: Callable[[], None]) -> bool:
        """Does something else than a call of the program's, if no call is under way."""
        inside, me, tell = self.inside, object(), None
        try:
            if inside.setdefault(0, me) is not me:
                return False
            self.current = name
            work()
            return True
        finally:
            try:
                if inside[0] is me:
                    self.current = ""
                    tell, self.tell = self.tell, []
                    del inside[0]
            except KeyError:
                pass
            if tell:
                self.inform(tell)

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

    def inform(self, tell: List[Tuple[List[Callable[[Any], Any]], Any]]) -> None:
        """Tells listeners once the call has left: they may call the component again."""
        for listeners, report in tell:
            for listener in list(listeners):
                try:
                    listener(report)
                except Exception:
                    log.exception("a listener of %s failed", self.name)

    def call(self, function: Function, arguments: Tuple[Any, ...]) -> Any:
        """Makes a call of the program's."""
        # Most calls pass here and do nothing else than what stands here.
        inside, me, tell = self.inside, object(), None
        try:
            # It is known whose place it is by what stands there, also if `Ctrl-C` comes right behind this step.
            if inside.setdefault(0, me) is not me:
                raise self.busy(function.name)
            self.current = function.name
            if self.instance is None or self.dropped:
                self.ready()
            if self.born:
                self.born.clear()
            self.figures.calls += 1
            if function.handles:
                # In two steps: what is raised right behind the first is still within the `try`.
                value = self.of_objects(function, arguments)
                return value
            value, error = self.run(function, arguments)
            if self.born:
                born = list(self.born)
                try:
                    self.settle(function, arguments, [], [], error)
                except BaseException:
                    self.undo([], [], born)
                    raise
            if error is not None:
                raise self.counted(error)
            return value
        finally:
            # CPython looks for signals where a call returns, among others: there is none behind the `try` before the place is free.
            try:
                if inside[0] is me:
                    self.current = ""
                    if self.tell:
                        tell, self.tell = self.tell, []
                    del inside[0]
            except KeyError:
                pass
            if tell:
                self.inform(tell)

    def of_objects(self, function: Function, arguments: Tuple[Any, ...]) -> Any:
        """A call that takes objects."""
        if function.lone:
            cell = function.params[0].cell(arguments[0], function.names[0])  # type: ignore[attr-defined]
            if cell.epoch != self.epoch or cell.raw is None:
                self.bring(cell)
            record = cell.record
            ran = False
            try:
                value, error = self.run(function, arguments)
                ran = True
                if record is not None:
                    self.record(cell, record, function, arguments, value, error)
            except BaseException:
                if cell.record is not None and (ran or self.cut()):
                    cell.record.unsure = True
                raise
        else:
            found: List[Tuple[Cell, bool]] = []
            for one, argument in zip(function.params, arguments):
                if not one.plain:
                    one.resources(argument, found)
            given = [cell for cell, is_given in found if is_given]
            used = list(dict.fromkeys(cell for cell, is_given in found if not is_given))
            if any(sum(other is cell for other, _ in found) > 1 for cell in given):
                raise BusyError(f"{function.name} would consume an object that it also uses")
            for cell, _ in found:
                self.bring(cell)
            assert self.instance is not None
            self.instance.entered = ran = False
            error = None
            try:
                value, error = self.run(function, arguments)
                ran = True
                self.settle(function, arguments, used, given, error)
            except BaseException:
                if ran and not isinstance(error, RecoverError):
                    self.undo(used, given, list(self.born))
                elif ran or self.cut():
                    self.settle(function, arguments, used, given, _CUT)
                raise
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
            cell.record = Record(bytes(value))
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
            cell.record = Record(self.save(cell))
        except Exception as failure:
            if self.instance is None:
                raise
            record.behind = failure
            log.warning("the record of a %s of %s is behind: %s", cell.kind.made.__name__, self.name, failure)

    def shorten(self, cell: Cell, record: Record) -> None:
        """A snapshot replaces a journal. The calls are recorded: whoever made the last one is not told if it fails."""
        asked, self.asked = self.asked, False
        try:
            cell.record = Record(self.save(cell))
        except Exception as failure:
            record.due *= 2
            log.warning("no snapshot of a %s of %s: %s", cell.kind.made.__name__, self.name, failure)
        finally:
            self.asked = asked

    def settle(
        self, function: Function, arguments: Tuple[Any, ...], used: List[Cell], given: List[Cell], error: Optional[Exception],
    ) -> None:
        """A call that made objects, or used several, has left: all their records move together, or none."""
        if isinstance(error, RecoverError):
            self.born.clear()
            for cell in used:
                if cell.record is not None:
                    cell.record.unsure = True
            for cell in given:
                # Where the value went by then, nobody knows: it may live on.
                self.forget(cell, "given away")
            return
        born, called = list(self.born), self.program.called
        for cell in given:
            # The component has it now. If its instance ends before the call is recorded, it comes back.
            cell.unload()
        staged: List[Tuple[Cell, Record]] = []
        for cell in used:
            if cell.record is not None:
                staged.append((cell, Record(self.save(cell))))
        for cell in born:
            if not cell.kind.persists:
                continue
            if function is cell.kind.restore:
                staged.append((cell, Record(bytes(arguments[0]))))
            elif function.constructs and not function.handles and not called:
                staged.append((cell, Record((function, frozen(function.params, arguments)))))
            else:
                # Of a constructor too that called a function of Python: a replay would call that again.
                staged.append((cell, Record(self.save(cell))))
        try:
            self.move(staged, given, born)
        except BaseException:
            # `Ctrl-C` came between two of them.
            self.move(staged, given, born)
            raise

    def move(self, staged: List[Tuple[Cell, Record]], given: List[Cell], born: List[Cell]) -> None:
        """All records of a call move. To do it again changes nothing."""
        for cell, record in staged:
            cell.record = record
        for cell in given:
            self.forget(cell, "given away")
        self.cells.update(born)
        self.born.clear()

    def undo(self, used: List[Cell], given: List[Cell], born: List[Cell]) -> None:
        """What a call left in the instance is ahead of the records: objects go back to these."""
        self.born.clear()
        for cell in used:
            if cell.record is not None:
                self.discard(cell)
        for cell in given:
            cell.unload()
            if cell.record is None:
                self.forget(cell, "given away")
        for cell in born:
            self.discard(cell)
            self.forget(cell, "closed")

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
        made: Optional[Cell] = None
        try:
            if reason is None:
                made = self.make(cell, record)
                for entry in record.entries:
                    self.replay(made, entry)
        except BaseException as failure:
            if made is not None:
                self.discard(made)
            if not isinstance(failure, (RecoverError, ComponentError)) or isinstance(failure, _LATER):
                # It is no fault of the object's: the record stays, and the next call tries again.
                remark(failure, f"when a {cell.kind.made.__name__} was to come back, which the next call tries again")
                raise
            reason = failure
        finally:
            self.asked = asked
        if reason is None:
            assert made is not None
            # Not before it is whole: `Ctrl-C` may come between two calls.
            cell.raw, cell.epoch = made.raw, made.epoch
            self.figures.revived += 1
            return
        self.figures.lost += 1
        self.figures.stale += 1
        self.forget(cell, "lost", reason)
        log.warning("a %s of %s could not come back: %s", cell.kind.made.__name__, self.name, reason)
        self.tell.append((self.on_lost, LostReport(cell.kind.made.__name__, reason)))
        raise cell.stale()

    def make(self, cell: Cell, record: Record) -> Cell:
        """Makes an object as the base of its record says, which nobody has yet."""
        restore = cell.kind.restore
        assert restore is not None
        function, arguments = (restore, (record.base,)) if isinstance(record.base, bytes) else record.base
        born, self.born = self.born, []
        try:
            handle, error = self.run(function, arguments)
            if error is not None:
                raise error if isinstance(error, _LATER) else diverged(f"{function.name} failed: {error}", error)
        finally:
            self.born = born
        # Its own handle must not free it.
        made: Cell = handle._cell
        handle._cell = None
        return made

    def replay(self, cell: Cell, entry: Any) -> None:
        """Makes a call of a record again."""
        value, error = self.run(entry.function, (cell, *entry.arguments))
        self.figures.replayed += 1
        if self.born:
            self.born.clear()
        again = mark(value, error)
        if isinstance(error, _LATER):
            raise error
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
        def work() -> None:
            self.drain()
            self.discard(cell)
            self.forget(cell, "closed")

        if not self.alone(f"the destructor of {cell.kind.made.__name__}", work):
            self.dropped.append(cell)

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
        def work() -> None:
            self.times, self.figures.limited = [], False
            if self.instance is not None:
                self.end(InstanceAbortedError("restart() ended the instance"), "", wanted=True)
            self.last = None
            self.figures.restarts += 1

        if not self.alone("restart()", work):
            raise BusyError(f"restart() was called while {self.current or 'another call'} was under way")

    def close(self) -> None:
        """Ends the instance for good."""
        def work() -> None:
            if not self.closed:
                self.closed = True
                self.end(StaleHandleError(f"{self.name} was closed"), "", wanted=True)
                for cell in list(self.cells):
                    self.forget(cell, "closed")
                self.dropped.clear()
                self.watch.close()

        if not self.alone("close()", work):
            raise BusyError(f"close() was called while {self.current or 'another call'} was under way")

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
