"""``steelyard plan``: how many samples of which kind a clause needs, and what a set can show at best."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from steelyard.core.words import Words

ABOUT = Words(
    "Say how many samples of which kind each requirement of a clause needs, and what a set can show at best. "
    "Nothing is asked.",
    "说明条款的每项要求各需多少何种样本，以及某数据集至多能证明什么。不提问。",
)


def command(
    spec: Annotated[
        str, typer.Argument(metavar="SPEC#CLAUSE", help=str(Words("Name or YAML file.", "名称或 YAML 文件。")))
    ],
    reading: Annotated[str | None, typer.Option(help=str(Words("Reading of the clause.", "条款的解读。")))] = None,
    test_set: Annotated[
        str | None,
        typer.Option("--set", help=str(Words("What this set can show at best.", "此数据集至多能证明什么。"))),
    ] = None,
    expect: Annotated[
        list[str] | None,
        typer.Option(
            metavar="[REQUIREMENT=]VALUE",
            help=str(
                Words(
                    "What the product is expected to have, again for each: misses=0.4%. Without, half of the errors "
                    "that the limit allows.",
                    "对产品的预期，可重复：misses=0.4%。缺省为限值所允许错误的一半。",
                )
            ),
        ),
    ] = None,
    power: Annotated[
        float, typer.Option(help=str(Words("Wanted probability that the run settles it.", "期望的判定把握。")))
    ] = 0.8,
    variation: Annotated[
        float | None,
        typer.Option(
            help=str(
                Words(
                    "How much clusters (speakers …) differ: standard deviation over mean of their error rates. "
                    "Without, 0.5; where there are no clusters, that of single samples, and without it no size.",
                    "群（说话人等）之间的差异：错误率的标准差与均值之比，缺省为 0.5。无群时指单个样本之间的差异，"
                    "缺省则不给出数目。",
                )
            )
        ),
    ] = None,
    per_cluster: Annotated[
        float | None,
        typer.Option(
            help=str(
                Words(
                    "How many answers that are right or wrong each cluster (speaker …) gives. Without, as many as in "
                    "the set, else one.",
                    "每群（说话人等）给出多少个判对错的答案。缺省与所列数据集相同，否则为一。",
                )
            )
        ),
    ] = None,
    groups: Annotated[
        int | None, typer.Option(help=str(Words("How many groups must hold by themselves.", "须各自满足的分组数。")))
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help=str(Words("Print JSON.", "输出 JSON。")))] = False,
) -> None:
    """Say what a clause needs, and what a set can show at best."""
    from steelyard.bench.sizes import plan_run
    from steelyard.cli._terminal import console
    from steelyard.core.canonical import plain
    from steelyard.report.terminal.planned import show_planned

    planned = plan_run(
        spec,
        reading=reading,
        test_set=test_set,
        expected=expect or (),
        power=power,
        variation=variation,
        per_cluster=per_cluster,
        groups=groups,
    )
    if as_json:
        print(json.dumps(plain(planned), ensure_ascii=False, indent=2))
    else:
        show_planned(console(), planned)
