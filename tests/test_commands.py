"""Every command that a document or a help names is one that hrbench takes."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hrbench.cli import main

ROOT = Path(__file__).parents[1]
DOCUMENTS = ["README.md", *(str(path.relative_to(ROOT)) for path in ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`(hrbench [a-z][^`]*)`")
WORDS = re.compile(r"\s{3,}\S.*$")  # that stand behind a command
ASIDE = re.compile(r"\s#.*$|\s[>|&;].*$|\s\*\.\.$")


def in_blocks(text: str) -> Iterator[str]:
    for block in FENCE.findall(text):
        for line in re.sub(r"\\\n\s*", "", block).splitlines():
            start = re.search(r"(?:^|\$ |-m )(hrbench [a-z].*)$", line)
            if start:
                yield WORDS.sub("", start[1])


def commands(text: str) -> list[str]:
    return [ASIDE.sub("", line).strip() for line in (*in_blocks(text), *CODE.findall(text))]


def fault(line: str) -> str:
    """What hrbench has against a command; nothing where it would begin to work."""
    words = [word for word in shlex.split(line)[1:] if word not in {"…", "..."}]
    group: click.Command = main
    try:
        while isinstance(group, click.Group) and words and words[0] != "--help":
            name, command, words = group.resolve_command(click.Context(group), words)
            if command is None:
                return f"no command {name}"
            group = command
        known = {name for option in group.params for name in (*option.opts, *option.secondary_opts)}
        unknown = [w for w in words if w.startswith("--") and w.partition("=")[0] not in known]
        return "" if not set(unknown) - {"--help"} else f"no option {unknown[0]}"
    except click.UsageError as error:
        return str(error)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_command_of_a_document_is_known_with_its_options(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    assert {line: fault(line) for line in commands(text) if fault(line)} == {}


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_example_of_a_help_is_known_with_its_options(name: str) -> None:
    help_text = main.commands[name].help or ""
    lines = map(str.strip, help_text.splitlines())
    examples = [line for line in lines if line.startswith("hrbench ")]
    assert examples
    assert {line: fault(line) for line in examples if fault(line)} == {}


def test_a_command_or_an_option_that_is_not_there_is_noticed() -> None:
    text = "`hrbench fly`, `hrbench run coco-pose --wings`\n```\nhrbench run x --seed 1   so\n```\n"
    assert commands(text) == [
        "hrbench run x --seed 1",
        "hrbench fly",
        "hrbench run coco-pose --wings",
    ]
    assert [bool(fault(line)) for line in commands(text)] == [False, True, True]
