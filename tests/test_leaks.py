"""The watch over the other tests: each kind of thing that a test may leave is told, ended, and blamed on that test."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

TESTS = str(Path(__file__).parent)
SLEEPER = """
    import os, socket, subprocess, sys
    import pytest

    def start(*arguments, **options):
        return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *arguments], **options)
"""


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Tests of its own, run by a pytest of its own that has the watch."""
    monkeypatch.setenv("PYTHONPATH", TESTS)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.delenv("CI", raising=False)
    pytester.makeini("[pytest]\naddopts = -p support.checks.leaks -p no:cacheprovider")
    return pytester


def gone(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].startswith("Z")
    except FileNotFoundError:
        return True


def test_a_detached_process_is_told_and_ended(run: pytest.Pytester) -> None:
    run.makepyfile(
        SLEEPER
        + """
    def test_leaves(tmp_path_factory):
        port = socket.create_server(("127.0.0.1", 0))
        daemon = f"import os, time; os.fork() and os._exit(0); os.setsid(); time.sleep(60)"
        subprocess.run([sys.executable, "-c", daemon, "stray"], pass_fds=[port.fileno()], cwd="/", check=True)
        port.close()

    def test_next_is_not_blamed():
        pass
    """
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.re_match_lines(
        [r".*ERROR at teardown of test_leaves", "left behind:", r"  process \d+: .*tcp port \d+"]
    )
    pid = int(next(line for line in result.outlines if line.startswith("  process ")).split()[1].rstrip(":"))
    assert gone(pid)


@pytest.mark.parametrize("options", ["env={}", "env={}, start_new_session=True, cwd=tmp_path"])
def test_a_process_without_the_variable_is_found(run: pytest.Pytester, options: str) -> None:
    run.makepyfile(SLEEPER + f"\n    def test_leaves(tmp_path):\n        start({options})\n")
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.re_match_lines(["left behind:", r"  process \d+: "])


def test_a_wider_fixture_may_keep_its_process_until_its_scope_ends(run: pytest.Pytester) -> None:
    run.makepyfile(
        test_tidy=SLEEPER
        + """
    @pytest.fixture(scope="module")
    def server():
        process = start()
        with socket.create_server(("127.0.0.1", 0)):
            yield
        process.kill()
        process.wait()

    def test_first(server):
        pass

    def test_second(server):
        pass
    """,
        test_untidy=SLEEPER
        + """
    @pytest.fixture(scope="module")
    def server():
        start()

    def test_first(server):
        pass

    def test_last(server):
        pass
    """,
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=4, errors=1)
    result.stdout.fnmatch_lines(["*ERROR at teardown of test_last*", "left behind:", "  process *"])


def test_a_process_that_is_ending_is_waited_for(run: pytest.Pytester) -> None:
    run.makepyfile(SLEEPER + "\n    def test_ends():\n        start().terminate()\n")
    run.runpytest_subprocess("-W", "ignore").assert_outcomes(passed=1)


def test_an_open_port_and_a_file_are_told(run: pytest.Pytester) -> None:
    run.makepyfile(
        SLEEPER
        + """
    kept = []

    def test_port():
        kept.append(socket.create_server(("127.0.0.1", 0)))

    def test_file(request):
        (request.config.rootpath / "recording.mp4").touch()
    """
    )
    result = run.runpytest_subprocess()
    result.assert_outcomes(passed=2, errors=2)
    result.stdout.re_match_lines(["left behind:", r"  tcp port \d+, open in the process of the tests"])
    result.stdout.fnmatch_lines(["left behind:", "  file recording.mp4"])


@pytest.mark.parametrize(("ci", "outcome"), [("", {"skipped": 1}), ("true", {"errors": 1})])
def test_a_missing_program_is_a_skip_but_on_a_build_machine_an_error(
    run: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: dict[str, int]
) -> None:
    monkeypatch.setenv("CI", ci)
    run.makeini("[pytest]\naddopts = -p support.checks.needs -p no:cacheprovider\nmarkers = needs: x")
    run.makepyfile("import pytest\n\n@pytest.mark.needs('no-such-program')\ndef test_it():\n    pass\n")
    result = run.runpytest_subprocess("-rs")
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*needs no-such-program: apt-get install no-such-program*"])


def test_the_variable_is_there_while_a_test_runs() -> None:
    assert os.environ["STREAMER_TEST"]
