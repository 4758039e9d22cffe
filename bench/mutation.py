"""``python -m bench.mutation core/footage media/capture/settling.py``: which slips no narrow test would notice.

Each mutant of a module runs the narrow tests of that module in a forked process: those of the mirrored file, and if
none fails, in a second process its folder's too. A mutant that no test fails with has survived, and is printed. One
process at a time, politely.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import importlib.abc
import importlib.machinery
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from types import CodeType, ModuleType

import click
import pytest

from bench.mutants import Mutant, mutants_of, mutated

_ROOT = Path(__file__).parents[1]
_TESTED_BY: dict[str, tuple[str, ...]] = {
    "core/base/alarm.py": ("tests/core/status/test_alarms.py",),
    "core/base/errors.py": ("tests/web/http/test_problems.py",),
    "core/decisions": ("tests/core/plan/test_plan.py", "tests/core/plan/test_bounds.py"),
    "core/footage": ("tests/core/recording",),
    "core/plan": ("tests/core/jobs", "tests/core/recording"),
    "core/recording/bounds.py": ("tests/core/plan/test_bounds.py",),
    "core/recording/states.py": ("tests/core/recording", "tests/core/status"),
    "core/status/states.py": ("tests/core/plan/test_draft.py",),
    "media/capture/settling.py": ("tests/engine/footage/test_disk_order.py",),
    "media/files/export.py": ("tests/media/files/test_in_its_place.py",),
    "outside/feeds/last_good.py": ("tests/outside/feeds/test_feed.py",),
    "web/access/perimeter.py": ("tests/web/pages/test_login.py", "tests/web/sockets/test_namespaces.py"),
    "web/access/socket_admission.py": ("tests/web/sockets/test_namespaces.py",),
    "web/access/tokens.py": ("tests/web/pages/test_login.py", "tests/web/sockets/test_namespaces.py"),
    "web/sockets/namespaces.py": ("tests/web/sockets/test_sweep.py",),
}
"""Narrow tests that do not lie where the mirror of the module would."""
_ALONE = frozenset({"media/capture/settling.py", "media/files/export.py", "web/sockets/namespaces.py"})
"""Modules whose folder's other tests take long and say nothing about them; theirs in the table are quicker."""
_PRELOADED = (
    "aiohttp.web",
    "apscheduler.schedulers.asyncio",
    "av",
    "ffmpeg",
    "hypothesis.strategies",
    "PIL.Image",
    "pydantic",
    "rich.console",
    "socketio",
    "sqlalchemy.ext.asyncio",
)
"""What takes long to import, and so is imported once, before the children are made."""
_UNUSED = 99
"""The status of a child whose tests did not import the changed module."""
_PATIENCE = 5.0
"""How many times the time of the unchanged module a mutant may take, and so many seconds more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a module's mutants; ``drawn`` of ``all`` were tried."""

    module: str
    all: int
    drawn: int
    survivors: tuple[Mutant, ...]


class _Loader(importlib.machinery.SourceFileLoader):
    """Loads one module from a changed tree."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        super().__init__(name, str(path))
        self._tree = tree
        self.is_used = False

    def get_code(self, fullname: str) -> CodeType:
        self.is_used = True
        return compile(self._tree, self.path, "exec", dont_inherit=True)


class _Finder(importlib.abc.MetaPathFinder):
    """Finds the changed module before the one on disk."""

    def __init__(self, name: str, path: Path, tree: ast.Module) -> None:
        self._name = name
        self.loader = _Loader(name, path, tree)

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != self._name:
            return None
        return importlib.machinery.ModuleSpec(fullname, self.loader, origin=self.loader.path)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("targets", nargs=-1, required=True, metavar="MODULE|FOLDER…")
@click.option("--most", default=60, show_default=True, help="Mutants of one module; more are drawn by lot.")
@click.option("--seed", default=1, show_default=True, help="Of the lot.")
def main(targets: tuple[str, ...], most: int, seed: int) -> None:
    """Change modules of streamer/ by one slip at a time, run their narrow tests, and print what no test noticed."""
    os.nice(10)
    sys.dont_write_bytecode = False  # the children would compile everything again and again
    trials = _Trials([_chosen(path, most, seed) for path in _modules(targets)])
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        options = ("-p", "no:cacheprovider", "-p", "no:xdist", "--hypothesis-seed=0", "--basetemp", f"{folder}/tests")
        status = pytest.main(["-q", "-x", "--capture=no", *options], plugins=[trials])
        if trials.tried is not None:
            os._exit(status if trials.tried.is_used else _UNUSED)
    print(_summary(trials.outcomes))
    sys.exit(bool(trials.untested) or any(outcome.survivors for outcome in trials.outcomes))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Chosen:
    """A module, the mutants of it that are tried out of ``all``, and the tests that should notice."""

    path: Path
    source: str
    all: int
    mutants: tuple[Mutant, ...]
    tests: tuple[str, ...]
    """The quickest first: it alone notices most mutants."""

    @property
    def module(self) -> str:
        return self.path.relative_to(_ROOT / "streamer").as_posix()

    @property
    def name(self) -> str:
        return ".".join(self.path.relative_to(_ROOT).with_suffix("").parts)


class _Trials:
    """A plugin of pytest: where pytest would collect, a child of the process goes on with each mutant.

    So a child has all that pytest and the libraries import, and nothing of streamer.
    """

    def __init__(self, modules: Sequence[_Chosen]) -> None:
        self.outcomes: list[Outcome] = []
        self.untested: list[str] = []
        """Modules whose tests fail without any change, or do not import them."""
        self.tried: _Loader | None = None
        """In a child: what loads the changed module."""
        self._modules = modules

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self, session: pytest.Session) -> bool | None:
        for name in _PRELOADED:
            importlib.import_module(name)
        import hypothesis  # after pytest, which rewrites its asserts

        # A failure is enough here: no example of it is made smaller or kept.
        quick = hypothesis.settings(phases=(hypothesis.Phase.explicit, hypothesis.Phase.generate), database=None)
        hypothesis.settings.register_profile("mutants", quick)
        hypothesis.settings.load_profile("mutants")
        for chosen in self._modules:
            survivors = self._survivors(chosen, session)
            if survivors is None:
                return None
            drawn = len(chosen.mutants) if chosen.tests and chosen.module not in self.untested else 0
            self.outcomes.append(Outcome(module=chosen.module, all=chosen.all, drawn=drawn, survivors=tuple(survivors)))
            print(f"{chosen.module}: {drawn} of {chosen.all} tried, {len(survivors)} survived", flush=True)
        pytest.exit("all mutants were tried", returncode=0)

    def _survivors(self, chosen: _Chosen, session: pytest.Session) -> list[Mutant] | None:
        """None in a child, which is to run the tests."""
        if not chosen.tests:
            return []
        begun = time.monotonic()
        status = self._status(chosen, ast.parse(chosen.source), chosen.tests, session, within=600)
        if status:
            print(
                f"{chosen.module}: the tests fail without any change, or do not import it: {' '.join(chosen.tests)}",
                flush=True,
            )
            self.untested.append(chosen.module)
            return []
        within = _PATIENCE * (time.monotonic() - begun) + _PATIENCE
        survivors, lines = [], chosen.source.splitlines()
        for mutant in chosen.mutants if status is not None else ():
            tree = mutated(chosen.source, mutant)
            for tests in dict.fromkeys((chosen.tests[:1], chosen.tests)):
                status = self._status(chosen, tree, tests, session, within)
                if status not in (0, _UNUSED):
                    break
            if status is None:
                break
            if not status:
                print(f"{chosen.module}:{mutant.line}: {mutant.change}", flush=True)
                print(f"    {lines[mutant.line - 1].strip()}", flush=True)
                survivors.append(mutant)
        return None if status is None else survivors

    def _status(
        self, chosen: _Chosen, tree: ast.Module, tests: Sequence[str], session: pytest.Session, within: float
    ) -> int | None:
        """With which the tests end when the module is as ``tree`` says: 0 if all pass, a signal's negative number if
        they take too long. None in the child."""
        child = os.fork()
        if child == 0:
            os.setsid()
            nowhere = os.open(os.devnull, os.O_RDWR)
            for descriptor in (0, 1, 2):
                os.dup2(nowhere, descriptor)
            finder = _Finder(chosen.name, chosen.path, tree)
            self.tried = finder.loader
            sys.meta_path.insert(0, finder)
            for name in [name for name in sys.modules if name.partition(".")[0] == "streamer"]:
                del sys.modules[name]  # what conftest.py imports is imported again, changed
            session.config.args[:] = tests
            return None
        waiting = time.monotonic() + within
        while True:
            ended, status = os.waitpid(child, os.WNOHANG)
            if ended:
                _end_group(child)
                return os.waitstatus_to_exitcode(status)
            if time.monotonic() > waiting:
                _end_group(child)
                os.waitpid(child, 0)
                return -signal.SIGKILL
            time.sleep(0.02)


def _chosen(path: Path, most: int, seed: int) -> _Chosen:
    module, source = path.relative_to(_ROOT / "streamer").as_posix(), path.read_text()
    mutants = mutants_of(source)
    drawn = mutants if len(mutants) <= most else _lot(f"{seed} {module}", mutants, most)
    drawn.sort(key=lambda mutant: mutant.line)
    return _Chosen(path=path, source=source, all=len(mutants), mutants=tuple(drawn), tests=tuple(_tests_of(module)))


def _lot(seed: str, mutants: Sequence[Mutant], most: int) -> list[Mutant]:
    return Random(seed).sample(list(mutants), most)  # noqa: S311  # a lot, no secret


def _modules(targets: Sequence[str]) -> Iterator[Path]:
    for target in targets:
        path = _ROOT / "streamer" / target
        found = sorted(path.rglob("*.py")) if path.is_dir() else [path if path.suffix else path.with_suffix(".py")]
        for module in found:
            if not module.is_file():
                raise click.UsageError(
                    f"{module.relative_to(_ROOT)} does not exist; name a module or folder of streamer/"
                )
            if module.name != "__init__.py":
                yield module


def _tests_of(module: str) -> list[str]:
    """The mirrored test file, its folder, and what the table names for the module or its folder: quick ones first."""
    mirrored, folder = Path("tests", module).with_name(f"test_{Path(module).name}"), Path("tests", module).parent
    named = (*_TESTED_BY.get(module, ()), *_TESTED_BY.get(str(Path(module).parent), ()))
    wanted = [*named, str(mirrored)] if module in _ALONE else [str(mirrored), str(folder), *named]
    return [test for test in dict.fromkeys(wanted) if (_ROOT / test).exists()]


def _end_group(child: int) -> None:
    """End what the tests of a child may have left running."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)


def _summary(outcomes: Sequence[Outcome]) -> str:
    rows = [(o.module, f"{o.drawn}/{o.all}", o.drawn - len(o.survivors), len(o.survivors)) for o in outcomes]
    rows.append(
        (
            "all",
            f"{sum(o.drawn for o in outcomes)}/{sum(o.all for o in outcomes)}",
            sum(o.drawn - len(o.survivors) for o in outcomes),
            sum(len(o.survivors) for o in outcomes),
        )
    )
    head = f"{'module':44} {'tried':>10} {'killed':>7} {'survived':>9}"
    return "\n".join(
        [head, *(f"{module:44} {tried:>10} {killed:>7} {left:>9}" for module, tried, killed, left in rows)]
    )


if __name__ == "__main__":
    main()
