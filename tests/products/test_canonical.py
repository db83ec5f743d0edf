"""A service has one address, however it is spelled: no spelling draws other samples, or begins a family anew."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steelyard.core.errors import ProductError
from steelyard.products import open_product
from steelyard.products._address import place
from steelyard.products._canonical import canonical_url

pytest.importorskip("httpx")


@pytest.mark.parametrize(
    ("spelled", "plain"),
    [
        ("http://example.org", "http://example.org/"),
        ("http://EXAMPLE.org:80/", "http://example.org/"),
        ("http://example.org.:0080/?", "http://example.org/"),
        ("https://example.org:443/ask", "https://example.org/ask"),
        ("https://example.org:80/ask", "https://example.org:80/ask"),  # another port
        ("http://example.org/%61sk", "http://example.org/ask"),
        ("http://example.org/a%2fb", "http://example.org/a%2Fb"),  # a slash in a step is none between steps
        ("http://example.org/a/./b/../ask", "http://example.org/a/ask"),
        ("http://example.org/a/%2e%2E/ask", "http://example.org/ask"),
        ("http://example.org/../ask", "http://example.org/ask"),
        ("http://example.org/ask/", "http://example.org/ask/"),  # only the service knows whether it is the same
        ("http://example.org/ask/.", "http://example.org/ask/"),
        ("http://example.org/你?q=%e4%bd%a0", "http://example.org/%E4%BD%A0?q=%E4%BD%A0"),
        ("http://bücher.example/", "http://xn--bcher-kva.example/"),
        ("http://[0:0::1]:8000/", "http://[::1]:8000/"),
        ("http://example.org/100%", "http://example.org/100%25"),
        ("http://example.org/#retries=2&rate=2.0&concurrency=04", "http://example.org/#concurrency=4&rate=2"),
        ("http://example.org/#version=a%62c", "http://example.org/#version=abc"),
        ("http://example.org/#body=form", "http://example.org/#body=form"),
    ],
)
def test_what_a_plan_names(spelled: str, plain: str) -> None:
    found = place("http", spelled, "", ("body",)).written
    assert found == plain
    assert place("http", found, "", ("body",)).written == found


@pytest.mark.parametrize(
    ("spelled", "uri"),
    [
        ("http://LOCALHOST:80/ask", "http://localhost/ask"),
        ("https://LOCALHOST.:443", "https://localhost/"),
        ("openai:Qwen3@http://LOCALHOST:80/v1", "openai:Qwen3@http://localhost/v1"),  # a model's name is its own
        ("oip:http://LOCALHOST:80/v2/models/%6d", "oip:http://localhost/v2/models/m"),
    ],
)
def test_every_service_bears_it(spelled: str, uri: str) -> None:
    assert open_product(spelled).identity.uri == uri
    assert open_product(uri).identity.uri == uri


@pytest.mark.parametrize("url", ["http://./", "http://[::zz]/", "http://a:99999/", "http://\udcff.example/"])
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(ProductError, match="no address of a service"):
        place("http", url, "")


@given(path=st.text(st.characters(codec="utf-8", exclude_characters="?#", exclude_categories=["Cc", "Zs", "Zl", "Zp"])))
def test_the_one_spelling_stays(path: str) -> None:
    once = canonical_url(f"http://example.org/{path}")
    assert once.isascii()
    assert canonical_url(once) == once
