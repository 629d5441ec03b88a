"""The project's own files agree with one another."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import pythons
import yaml
from notebooks import toc_pages
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pkg/pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf8")


def project_files() -> list[Path]:
    """Every file that is tracked, or would be with the next commit."""
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if listing.returncode:
        pytest.skip("not a git checkout")
    paths = (ROOT / line for line in listing.stdout.splitlines())
    return [path for path in paths if path.is_file()]


def pinned() -> dict[str, str]:
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", text_of("requirements.lock"), flags=re.MULTILINE)
    return {canonicalize_name(name): version for name, version in found}


def wanted() -> list[Requirement]:
    lines = [line.split("#")[0].strip() for line in text_of("requirements.in").splitlines()]
    return [Requirement(line) for line in [*PROJECT["dependencies"], *EXTRAS["pages"], *filter(None, lines)]]


@pytest.mark.parametrize("requirement", wanted(), ids=str)
def test_the_lock_satisfies_the_requirement(requirement: Requirement) -> None:
    version = pinned()[canonicalize_name(requirement.name)]
    assert requirement.specifier.contains(version), f"run `make lock`: {requirement} but {version} is locked"


def test_every_locked_package_has_hashes() -> None:
    packages = re.split(r"^(?=[\w.-]+==)", text_of("requirements.lock"), flags=re.MULTILINE)[1:]
    assert [package.split()[0] for package in packages if "--hash=sha256:" not in package] == []


def test_torch_is_pinned_apart_and_within_the_package_s_range() -> None:
    pin = Requirement(text_of("requirements-torch.txt").strip())
    version = str(pin.specifier).removeprefix("==")
    assert Requirement(EXTRAS["torch"][0]).specifier.contains(version)
    assert "torch" not in pinned()


def test_the_conda_environment_agrees_with_the_package() -> None:
    dependencies = yaml.safe_load(text_of("environment.yml"))["dependencies"]
    python = next(item for item in dependencies if isinstance(item, str) and item.startswith("python "))
    pip = next(item["pip"] for item in dependencies if isinstance(item, dict))
    assert "-e ./pkg[pages,torch]" in pip
    # conda's name for torch's build without CUDA, with the bound of the package, so that pip finds it there already
    torch = next(item for item in dependencies if isinstance(item, str) and item.startswith("pytorch"))
    assert torch == f"pytorch-cpu {Requirement(EXTRAS['torch'][0]).specifier}"
    offered, required = SpecifierSet(python.removeprefix("python ")), SpecifierSet(PROJECT["requires-python"])
    for minor in range(8, 20):
        assert not offered.contains(f"3.{minor}") or required.contains(f"3.{minor}")
    for extra in (Requirement(line) for line in pip if not line.startswith("-e")):
        assert extra.specifier.contains(pinned()[canonicalize_name(extra.name)])


def test_every_python_of_the_range_is_tested() -> None:
    conda = next(item for item in yaml.safe_load(text_of("environment.yml"))["dependencies"] if "python " in item)
    offered = SpecifierSet(conda.removeprefix("python "))
    assert tuple(minor for minor in range(8, 30) if offered.contains(f"3.{minor}")) == pythons.MINORS
    for own in pythons.MINORS:
        found = pythons.environments(own)
        assert {own, *(environment.minor for environment in found)} == set(pythons.MINORS)


def test_the_oldest_environment_holds_the_lower_bounds() -> None:
    pins = pythons.environments(11)[0].pins
    for requirement in map(Requirement, PROJECT["dependencies"]):
        (bound,) = requirement.specifier
        assert bound.operator == ">="
        assert f"{requirement.name}=={bound.version}\n" in pins


def test_the_repository_s_address_is_the_same_everywhere() -> None:
    url = yaml.safe_load(text_of("_config.yml"))["repository"]["url"]
    assert yaml.safe_load(text_of("CITATION.cff"))["repository-code"] == url
    for name in ("book/how-to-run.md", "pkg/README.md"):
        assert url in text_of(name), name


def test_the_version_is_the_same_everywhere() -> None:
    assert yaml.safe_load(text_of("CITATION.cff"))["version"] == PROJECT["version"]


def test_every_page_of_the_catalogue_is_in_the_book() -> None:
    pages = set(toc_pages())
    for path in (ROOT / "book/catalogue").glob("*.yml"):
        catalogue = yaml.safe_load(path.read_text(encoding="utf8"))
        named = {f"chapters/{result['page']}" for result in catalogue["results"] if catalogue["complete"]}
        assert named <= pages, f"{path.name}: {sorted(named - pages)}"


def test_every_page_of_the_book_exists_and_every_chapter_is_in_it() -> None:
    pages = set(toc_pages())
    assert [page for page in sorted(pages) if not list((ROOT / page).parent.glob(Path(page).name + ".*"))] == []
    chapters = {path.relative_to(ROOT).with_suffix("").as_posix() for path in (ROOT / "chapters").glob("**/*.ipynb")}
    assert {chapter for chapter in chapters if ".ipynb_checkpoints" not in chapter} <= pages


def test_no_file_names_a_registry_host_or_a_path_of_one_machine() -> None:
    hosts = ("py" + "pi.org", "python" + "hosted.org", "registry.np" + "mjs", "anaconda" + ".org")
    places = re.compile(r"(?<![\w.~-])/(?:home|root|work|Users|tmp)/\w")
    found = []
    for path in project_files():
        try:
            text = path.read_text(encoding="utf8")
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT).as_posix()
        found += [f"{name}: {host}" for host in hosts if host in text]
        found += [f"{name}: {match[0]}" for match in places.finditer(text)]
    assert found == []
