"""A strict reading of an HTML page: every tag is closed in order, every reference leads somewhere on the page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"meta", "br", "hr", "img", "input", "link", "wbr"})
REFERENCES = ("aria-labelledby", "aria-describedby")


@dataclass
class Page(HTMLParser):
    """What a page is made of; `problems` is empty for a well-formed page."""

    source: str
    problems: list[str] = field(default_factory=list)
    tags: Counter[str] = field(default_factory=Counter)
    ids: Counter[str] = field(default_factory=Counter)
    attributes: list[tuple[str, str, str]] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)
    headings: list[int] = field(default_factory=list)
    open_tags: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)
        self.feed(self.source)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self.open_tags]
        self.problems += [f"id {name} stands {times} times" for name, times in self.ids.items() if times > 1]
        self.problems += [
            f"{name}={value} leads nowhere" for name, value in self._references() if value not in self.ids
        ]

    def _references(self) -> list[tuple[str, str]]:
        named = [(name, part) for _, name, value in self.attributes if name in REFERENCES for part in value.split()]
        return named + [
            ("href", value[1:]) for _, name, value in self.attributes if name == "href" and value[:1] == "#"
        ]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count(tag, attrs)
        if tag not in VOID:
            self.open_tags.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._count(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if not self.open_tags or self.open_tags[-1] != tag:
            self.problems.append(f"</{tag}> closes {self.open_tags[-1:] or 'nothing'} in line {self.getpos()[0]}")
        if tag in self.open_tags:
            while self.open_tags.pop() != tag:
                pass

    def handle_data(self, data: str) -> None:
        if self.open_tags[-1:] != ["style"]:
            self.texts.append(data)

    def _count(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags[tag] += 1
        names = [name for name, _ in attrs]
        self.problems += [f"<{tag}> has {name} twice" for name in set(names) if names.count(name) > 1]
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids.update(value or "" for name, value in attrs if name == "id")
        if len(tag) == 2 and tag[0] == "h" and tag[1].isdigit():
            self.headings.append(int(tag[1]))

    @property
    def text(self) -> str:
        """All visible text, spaces joined."""
        return " ".join("".join(self.texts).split())
