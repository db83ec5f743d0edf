"""OPC UA information models (NodeSet2): which nodes each defines, and on which models it rests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from xml.etree import ElementTree as ET

from steelyard.library.recipe import Contents

SPACE = "{http://opcfoundation.org/UA/2011/03/UANodeSet.xsd}"


def read(files: Mapping[str, Path]) -> Contents:
    """Return the models as XML text, with the models that they require, their nodes, and how these refer to others.

    Identifiers are as in the text: ``ns=1`` is the first of ``namespaces``, without one it is the core model's.
    """
    import pyarrow as pa

    names = sorted(files)
    texts = [files[name].read_text("utf-8-sig") for name in names]
    roots = [ET.fromstring(text) for text in texts]  # noqa: S314 - only files of known digest
    models = [root.find(f"{SPACE}Models/{SPACE}Model") for root in roots]
    nodes = [list(_nodes(root)) for root in roots]
    lists, pairs = pa.list_(pa.string()), pa.list_(pa.list_(pa.string()))
    attributes = [{} if model is None else model.attrib for model in models]
    required = [[] if model is None else model.findall(f"{SPACE}RequiredModel") for model in models]
    return Contents(
        pa.table(
            {
                "id": pa.array([name.removesuffix(".xml") for name in names]),
                "input": pa.array(texts),
                "reference": pa.array([[each.attrib["ModelUri"] for each in one] for one in required], lists),
                "model": pa.array([one["ModelUri"] for one in attributes]),
                "version": pa.array([one["Version"] for one in attributes]),
                "namespaces": pa.array(
                    [[str(each.text) for each in root.iter(f"{SPACE}Uri")] for root in roots], lists
                ),
                "nodes": pa.array([[each.attrib["NodeId"] for each in one] for one in nodes], lists),
                "classes": pa.array([[each.tag.removeprefix(SPACE) for each in one] for one in nodes], lists),
                "names": pa.array([[each.attrib["BrowseName"] for each in one] for one in nodes], lists),
                "references": pa.array([[row for each in one for row in _references(each)] for one in nodes], pairs),
            }
        )
    )


def _nodes(root: ET.Element) -> Iterator[ET.Element]:
    """Yield objects, variables, methods, views and types."""
    return (each for each in root if "NodeId" in each.attrib)


def _references(node: ET.Element) -> Iterator[list[str]]:
    """Yield from which node, by which kind of reference, to which: an inverse one is turned round."""
    here = node.attrib["NodeId"]
    for each in node.iterfind(f"{SPACE}References/{SPACE}Reference"):
        there, kind = str(each.text).strip(), each.attrib["ReferenceType"]
        yield [there, kind, here] if each.attrib.get("IsForward") == "false" else [here, kind, there]
