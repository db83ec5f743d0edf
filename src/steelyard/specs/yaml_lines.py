"""YAML at the edge: what a file says, and the line on which each thing stands, so that every error can name it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from steelyard.core.errors import SteelyardError
from steelyard.core.words import Words

Place = tuple[str | int, ...]
"""Keys on the way to a value."""
Lines = Mapping[Place, int]
"""Line of each place in the file."""
MOST_ALIASED = 10_000
"""Values that aliases may stand for, all together: a file of a few lines can name billions."""
Refused = Callable[[Path, int, Words], SteelyardError]
"""Makes the error of a file, a line, and what is wrong there."""


def loaded(data: bytes, path: Path, refused: Refused) -> tuple[Any, Lines]:
    r"""Return what a YAML file says, keys and dates as they are written, and the line of each place.

    Parameters
    ----------
    data : bytes
        The file, UTF-8.
    path : Path
        Named in errors.
    refused : callable
        Makes the error to raise where it cannot be read.

    Examples
    --------
    >>> loaded(b"a:\n  b: 2026-11-20", Path("x.yaml"), lambda *_: SteelyardError(Words("", "")))
    ({'a': {'b': '2026-11-20'}}, {(): 1, ('a',): 1, ('a', 'b'): 2})
    """
    lines: dict[Place, int] = {}
    try:
        text = data.decode("utf-8")
        loader = _Plain(text)
        node = loader.get_single_node()
        if node is None:
            raise refused(path, 1, Words("the file is empty", "文件为空"))
        met, aliased = set[int](), 0
        for place, line, each in _lines(node, path, refused):
            lines.setdefault(place, line)
            aliased += id(each) in met
            met.add(id(each))
            if aliased > MOST_ALIASED:
                what = Words(
                    f"aliases (*name) stand for more than {MOST_ALIASED:,} values; write out what is meant",
                    f"别名（*name）所代表的值超过 {MOST_ALIASED:,} 个；请直接写出内容",
                )
                raise refused(path, line, what)
        return loader.construct_document(node), lines
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        what = Words(
            "not UTF-8; convert it, for example: iconv -f GB18030 -t UTF-8",
            "不是 UTF-8；请先转换编码，例如：iconv -f GB18030 -t UTF-8",
        )
        raise refused(path, line, what) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise refused(path, line, Words(f"not YAML: {error.problem}", f"不是 YAML：{error.problem}")) from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise refused(path, line, Words(f"not YAML: {error.reason}", f"不是 YAML：{error.reason}")) from None
    except (yaml.YAMLError, ValueError) as error:
        raise refused(path, 1, Words(f"not YAML: {error}", f"不是 YAML：{error}")) from None
    except RecursionError:
        raise refused(path, 1, Words("it contains itself, or is nested too deeply", "内容自我引用或嵌套过深")) from None


class _Plain(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # libyaml: ten times faster
    """Reads keys and dates as they are written: a clause may be called ``no`` or ``315``."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        return {key.value: self.construct_object(value, deep) for key, value in node.value}


_Plain.yaml_implicit_resolvers = {
    first: [(tag, expression) for tag, expression in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _lines(node: yaml.Node, path: Path, refused: Refused, place: Place = ()) -> Iterator[tuple[Place, int, yaml.Node]]:
    """Yield each place, its line and its node; what an alias stands for, again."""
    yield place, node.start_mark.line + 1, node
    if isinstance(node, yaml.ScalarNode) and not _encodable(node.value):
        what = Words(
            "the text holds half of a surrogate pair; write the whole character", "文本含半个代理对；应写完整字符"
        )
        raise refused(path, node.start_mark.line + 1, what)
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise refused(path, key.start_mark.line + 1, Words("a key must be a word", "键必须是单词"))
            if key.value == "<<":
                raise refused(path, key.start_mark.line + 1, Words("merged keys are not read", "不支持合并键"))
            if key.value in seen:
                what = Words(f"the key {key.value!r} is written twice", f"键 {key.value!r} 重复")
                raise refused(path, key.start_mark.line + 1, what)
            seen.add(key.value)
            yield (*place, key.value), key.start_mark.line + 1, key
            yield from _lines(value, path, refused, (*place, key.value))
    elif isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            yield from _lines(item, path, refused, (*place, index))


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
