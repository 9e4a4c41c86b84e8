"""The script `run`: what it decides, without installing anything."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import tomllib
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.metadata import version
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "run"
PIP_CONFIG = r"""
:env:.find-links='/wheels/of/environment'
:env:.disable-pip-version-check='1'
global.find-links='\n/wheels\n~/more'
global.index-url='https://user:p%40ss@index.example/simple'
global.cert='/etc/ssl/my certs.pem'
install.index-url='https://index.example/for-install'
download.index-url='https://index.example/for-download'
global.extra-index-url='\nfile:///a/simple\nfile:///b/simple'
"""


def load_script() -> ModuleType:
    loader = SourceFileLoader("run_script", str(SCRIPT))
    spec = spec_from_loader(loader.name, loader)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules[loader.name] = module  # dataclasses look their module up
    loader.exec_module(module)
    return module


run = load_script()


# The stamp


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "shop"\n')
    return tmp_path


def test_a_stamp_is_read_as_it_was_written(project: Path) -> None:
    stamp = run.wanted_stamp("test", project)
    run.write_stamp(project / "stamp", stamp)
    assert run.read_stamp(project / "stamp") == stamp


@pytest.mark.parametrize("text", [None, "", '{"venv": "cpython', "[]", '{"venv": "x"}', "null"])
def test_a_missing_or_torn_stamp_is_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "stamp").write_text(text)
    assert run.read_stamp(tmp_path / "stamp") is None


def test_the_stamp_covers_fewer_extras_and_no_more(project: Path) -> None:
    demo, test = run.wanted_stamp(None, project), run.wanted_stamp("test", project)
    assert test.covers(test)
    assert test.covers(demo)
    assert demo.covers(demo)
    assert not demo.covers(test)


def test_the_stamp_is_stale_when_pyproject_changes(project: Path) -> None:
    before = run.wanted_stamp(None, project)
    (project / "pyproject.toml").write_text('[project]\nname = "another"\n')
    after = run.wanted_stamp(None, project)
    assert not before.covers(after)
    assert before.venv == after.venv, "the same .venv will do"


def test_another_folder_python_or_pytorch_takes_a_new_venv(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = run.wanted_stamp(None, project)
    copy = project / "copy"
    copy.mkdir()
    (copy / "pyproject.toml").write_bytes((project / "pyproject.toml").read_bytes())
    others = [run.wanted_stamp(None, copy)]
    with monkeypatch.context() as patch:
        patch.setattr(sys.implementation, "cache_tag", "cpython-399")
        others.append(run.wanted_stamp(None, project))
    monkeypatch.setattr(run, "TORCH", "torch==99.0")
    others.append(run.wanted_stamp(None, project))
    assert all(other.venv != here.venv and not here.covers(other) for other in others)


# The set-up, its tools replaced


class FakeVenv:
    """A project whose `.venv` is made of empty files; `steps` is what the set-up did."""

    def __init__(self, root: Path, patch: pytest.MonkeyPatch) -> None:
        self.venv = root / ".venv"
        self.python = self.venv / "bin" / "python"
        self.steps: list[object] = []
        self.error: BaseException | None = None
        for name, path in (
            ("ROOT", root),
            ("VENV", self.venv),
            ("BIN", self.venv / "bin"),
            ("PYTHON", self.python),
            ("STAMP", self.venv / "set-up.json"),
            ("LOCK", self.venv / "set-up.lock"),
        ):
            patch.setattr(run, name, path)
        patch.setattr(run, "call", self._call)
        patch.setattr(run, "install", self._install)

    def _call(self, *argv: object) -> str:
        assert argv[1:3] == ("-m", "venv"), argv
        self.steps.append("venv")
        self.python.parent.mkdir()
        self.python.touch()
        return ""

    def _install(self, extras: tuple[str, ...]) -> None:
        self.steps.append(extras)
        assert not run.STAMP.exists(), "a set-up that is killed here must leave no stamp"
        if self.error:
            raise self.error

    def set_up(self, extra: str | None) -> list[object]:
        self.steps = []
        run.set_up(extra)
        return self.steps


@pytest.fixture
def fake(project: Path, monkeypatch: pytest.MonkeyPatch) -> FakeVenv:
    return FakeVenv(project, monkeypatch)


def test_the_second_run_does_nothing(fake: FakeVenv) -> None:
    assert fake.set_up(None) == ["venv", ()]
    assert fake.set_up(None) == []


def test_extras_are_added_and_never_removed(fake: FakeVenv, project: Path) -> None:
    fake.set_up(None)
    assert fake.set_up("test") == [("test",)]
    assert fake.set_up("bench") == [("bench", "test")]
    assert fake.set_up(None) == []
    (project / "pyproject.toml").write_text("")
    assert fake.set_up(None) == [("bench", "test")]


def test_a_half_made_venv_is_emptied_and_made_anew(fake: FakeVenv) -> None:
    fake.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        fake.set_up(None)
    (fake.venv / "lib").mkdir()
    (fake.venv / "lib" / "half").touch()
    (fake.venv / "lib64").symlink_to("lib")
    fake.error = None
    assert fake.set_up(None) == ["venv", ()]
    assert sorted(entry.name for entry in fake.venv.iterdir()) == ["bin", "set-up.json", "set-up.lock"]


def test_a_venv_without_its_python_is_made_anew(fake: FakeVenv) -> None:
    fake.set_up("test")
    fake.python.unlink()
    assert fake.set_up(None) == ["venv", ("test",)]


def test_an_extra_that_cannot_be_had_leaves_what_worked(fake: FakeVenv) -> None:
    fake.set_up(None)
    fake.error = run.SetupError("no network", "mend it")
    with pytest.raises(run.SetupError, match="no network"):
        fake.set_up("test")
    assert fake.set_up(None) == []


@pytest.mark.parametrize("made_before", [True, False])
def test_a_new_venv_that_could_not_be_filled_has_no_stamp(fake: FakeVenv, made_before: bool) -> None:
    if made_before:
        fake.set_up(None)
        fake.python.unlink()
    fake.error = run.SetupError("no network", "mend it")
    with pytest.raises(run.SetupError):
        fake.set_up(None)
    fake.error = None
    assert fake.set_up(None) == ["venv", ()]


def test_a_venv_of_the_users_own_is_left_alone(fake: FakeVenv) -> None:
    fake.venv.mkdir()
    (fake.venv / "precious").touch()
    with pytest.raises(run.SetupError, match=r"\.venv"):
        fake.set_up(None)
    assert [entry.name for entry in fake.venv.iterdir()] == ["precious"]


def test_the_second_of_two_set_ups_waits_and_then_has_nothing_to_do(
    fake: FakeVenv, capsys: pytest.CaptureFixture[str]
) -> None:
    fake.venv.mkdir()
    second = threading.Thread(target=run.set_up, args=(None,), daemon=True)
    with run.locked(run.LOCK):
        second.start()
        second.join(timeout=0.3)
        assert second.is_alive()
        assert fake.steps == []
        run.make(run.wanted_stamp(None, run.ROOT))
    second.join(timeout=10)
    assert not second.is_alive()
    assert fake.steps == ["venv", ()]
    assert "waiting" in capsys.readouterr().err


@pytest.mark.skipif(os.name == "nt", reason="Windows gives a lock to one process alone")
def test_the_tool_of_a_killed_set_up_keeps_the_lock_until_it_ends(tmp_path: Path) -> None:
    lock, started = tmp_path / "lock", tmp_path / "started"
    tool = f"import time; open({str(started)!r}, 'w').close(); time.sleep(1)"
    program = (
        "import sys; from pathlib import Path; from test_run import run\n"
        f"with run.locked(Path({str(lock)!r})): run.call(sys.executable, '-c', {tool!r})"
    )
    holder = subprocess.Popen([sys.executable, "-c", program], cwd=Path(__file__).parent)
    wait_until(started.exists)
    holder.kill()
    holder.wait()
    descriptor = os.open(lock, os.O_RDWR)
    try:
        assert not run.try_lock(descriptor)
        wait_until(lambda: run.try_lock(descriptor))
    finally:
        os.close(descriptor)


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


# pip's settings


def test_pip_settings_are_those_of_install_the_environment_first() -> None:
    settings = run.parse_pip_settings(PIP_CONFIG)
    assert settings["find-links"] == "/wheels/of/environment"
    assert settings["index-url"] == "https://index.example/for-install"
    assert settings["extra-index-url"].split() == ["file:///a/simple", "file:///b/simple"]


def test_pip_prints_its_settings_as_we_read_them() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"],
        env={**os.environ, "PIP_FIND_LINKS": "/with 'quotes' /and\\slash"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert run.parse_pip_settings(printed)["find-links"] == "/with 'quotes' /and\\slash"


def test_uv_is_told_pips_settings(tmp_path: Path) -> None:
    settings = run.parse_pip_settings(PIP_CONFIG)
    settings["find-links"] = f"{tmp_path} {tmp_path}/gone https://index.example/wheels"
    assert run.uv_environment(settings, {"HOME": "/home/me"}) == {
        "HOME": "/home/me",
        "UV_FIND_LINKS": f"{tmp_path},https://index.example/wheels",
        "UV_DEFAULT_INDEX": "https://index.example/for-install",
        "UV_INDEX": "file:///a/simple file:///b/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "SSL_CERT_FILE": "/etc/ssl/my certs.pem",
    }


@pytest.mark.parametrize(
    "own",
    [
        {"UV_FIND_LINKS": "/mine", "UV_DEFAULT_INDEX": "https://mine", "UV_INDEX": "https://more"},
        {"UV_FIND_LINKS": "/mine", "UV_INDEX_URL": "https://mine", "UV_EXTRA_INDEX_URL": "https://more"},
    ],
)
def test_what_is_set_for_uv_itself_stays(own: dict[str, str]) -> None:
    own["SSL_CERT_FILE"] = "/mine.pem"
    assert run.uv_environment(run.parse_pip_settings(PIP_CONFIG), own) == own


def test_without_pip_settings_uv_goes_by_its_own() -> None:
    assert run.uv_environment({}, {"PATH": "/bin"}) == {"PATH": "/bin"}


# PyTorch


@pytest.mark.parametrize("platform", ["linux", "darwin", "win32"])
@pytest.mark.parametrize("uv", [True, False])
def test_without_a_gpu_no_attempt_can_fetch_the_cuda_build(uv: bool, platform: str) -> None:
    for attempt in run.torch_attempts(uv=uv, gpu=False, platform=platform):
        from_find_links = "--no-index" in attempt
        from_cpu_index = "--torch-backend=cpu" in attempt
        assert from_find_links or from_cpu_index or (not uv and platform != "linux"), attempt


@pytest.mark.parametrize("gpu", [True, False])
@pytest.mark.parametrize("uv", [True, False])
def test_find_links_come_first_then_the_pinned_version_then_any(uv: bool, gpu: bool) -> None:
    attempts = run.torch_attempts(uv=uv, gpu=gpu, platform="linux")
    assert attempts[0] == ["--no-index", "--no-deps", run.TORCH]
    assert [attempt[-1] for attempt in attempts[1:]] in ([run.TORCH, run.ANY_TORCH], [])
    assert len(attempts) == 3 or not (uv or gpu)


def test_with_a_gpu_uv_chooses_the_build_of_its_driver() -> None:
    attempts = run.torch_attempts(uv=True, gpu=True, platform="linux")
    assert all("--torch-backend=auto" in attempt for attempt in attempts[1:])


def test_the_cuda_build_without_a_gpu_stops_the_set_up() -> None:
    with pytest.raises(run.SetupError, match=r"CUDA 13\.0") as caught:
        run.check_build(run.Torch("2.13.0", "13.0"), gpu=False)
    assert "find-links" in str(caught.value)
    run.check_build(run.Torch("2.13.0+cpu", None), gpu=False)
    run.check_build(run.Torch("2.13.0+cu130", "13.0"), gpu=True)


def test_a_gpu_that_goes_unused_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    run.check_build(run.Torch("2.13.0+cpu", None), gpu=True)
    assert "GPU" in capsys.readouterr().err


def test_a_gpu_is_what_nvidia_smi_lists(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not run.has_nvidia_gpu()
    for code, prints, expected in (
        (0, "GPU 0: NVIDIA H200 (UUID: GPU-1)", True),
        (0, "No devices were found", False),
        (9, "No GPU: the driver does not answer", False),
    ):
        fake = tmp_path / "nvidia-smi"
        fake.write_text(f"#!/bin/sh\necho '{prints}'\nexit {code}\n")
        fake.chmod(0o755)
        assert run.has_nvidia_gpu() == expected


def test_the_build_of_the_installed_pytorch_is_read_without_importing_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(run, "PYTHON", Path(sys.executable))
    assert run.installed_torch().version == version("torch")
    fake = tmp_path / "torch"
    fake.mkdir()
    (fake / "__init__.py").write_text("raise ImportError('must not be imported')")
    (fake / "version.py").write_text("__version__ = '9.9'\ncuda = '13.0'\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert run.installed_torch() == run.Torch("9.9", "13.0")


def test_the_versions_of_pytorch_are_those_of_pyproject() -> None:
    project = tomllib.loads((SCRIPT.parent / "pyproject.toml").read_text())["project"]
    assert run.ANY_TORCH in project["dependencies"]
    assert run.TORCH.startswith("torch==")


# The commands


def test_every_command_has_its_extra_in_pyproject() -> None:
    project = tomllib.loads((SCRIPT.parent / "pyproject.toml").read_text())["project"]
    extras = {command.extra for command in run.COMMANDS.values()} - {None}
    assert extras <= set(project["optional-dependencies"])


def test_what_is_typed_goes_through_untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    extras: list[str] = []
    monkeypatch.setattr(run, "set_up", extras.append)
    monkeypatch.setattr(run, "hand_over", lambda arguments: arguments)
    typed = ["-k", "a or b", "--help", "--", "", "tests/test run.py::x[1-*]"]
    assert run.main(["test", *typed]) == [*run.COMMANDS["test"].steps[-1], *typed]
    assert extras == ["test"]


def test_the_first_step_that_fails_is_the_last(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "set_up", lambda extra: None)
    monkeypatch.setattr(run, "hand_over", lambda arguments: pytest.fail("mypy ran after ruff had failed"))
    monkeypatch.setattr(run.subprocess, "call", lambda argv: 3)
    assert run.main(["lint"]) == 3


def test_a_failed_set_up_shows_the_tools_output_and_a_way_out(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(extra: str | None) -> None:
        raise run.SetupError("No network.", "Mend it.", "tool: connection refused")

    monkeypatch.setattr(run, "set_up", fail)
    assert run.main(["demo"]) == 1
    said = capsys.readouterr().err
    assert "connection refused" in said
    assert "No network." in said
    assert "Mend it." in said


@pytest.mark.parametrize(("argv", "code"), [([], 0), (["--help"], 0), (["-h"], 0), (["dmeo"], 2)])
def test_help_needs_no_set_up_and_names_every_command(argv: list[str], code: int) -> None:
    done = subprocess.run([sys.executable, str(SCRIPT), *argv], capture_output=True, text=True, timeout=30)
    assert done.returncode == code
    printed = done.stderr if code else done.stdout
    assert all(f"\n  {name} " in printed for name in run.COMMANDS)
    assert code == 0 or "'dmeo'" in printed


def test_a_tool_that_fails_is_an_error_with_all_that_it_printed() -> None:
    program = "import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)"
    with pytest.raises(run.SetupError) as caught:
        run.call(sys.executable, "-c", program)
    assert sorted(caught.value.output.split()) == ["err", "out"]
    with pytest.raises(run.SetupError):
        run.call("no-such-tool")
