"""What the answers of pip-audit and npm mean."""

from __future__ import annotations

import pytest

from bench.audit import Unreachable, of_npm, of_pip_audit


def test_advisories_about_python_packages() -> None:
    known = {"id": "PYSEC-1", "fix_versions": ["1.2"]}
    packages = [
        {"name": "a", "version": "1.1", "vulns": [known, {"id": "PYSEC-2", "fix_versions": []}]},
        {"name": "b", "version": "1", "vulns": []},
        {"name": "c", "skip_reason": "not found"},
    ]
    assert list(of_pip_audit({"dependencies": packages})) == [
        "a 1.1: PYSEC-1, mended in 1.2",
        "a 1.1: PYSEC-2, mended in no version yet",
    ]
    assert list(of_pip_audit({"dependencies": packages[1:]})) == []
    with pytest.raises(Unreachable):
        list(of_pip_audit({"dependencies": packages[2:]}))


def test_advisories_about_browser_packages() -> None:
    found = {"range": "<2", "severity": "high", "via": [{"title": "It leaks"}, "other"]}
    assert list(of_npm({"vulnerabilities": {"x": found}})) == ["x <2: high It leaks"]
    assert list(of_npm({"vulnerabilities": {}})) == []
    with pytest.raises(Unreachable, match=r"^405 Method Not Allowed$"):
        list(of_npm({"message": "405 Method Not Allowed - POST somewhere"}))
