"""What each field of the particulars is: the clause that asks for it, what readers call it, and what to write."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from steelyard.core.words import Words


class Said(NamedTuple):
    """A field: the clause, its name for readers, and what to write into it."""

    clause: str
    """Of ISO/IEC 17025:2017 where no other source is named; empty where none asks for it."""
    title: Words
    write: Words

    @property
    def source(self) -> str:
        """The clause with its standard.

        Examples
        --------
        >>> FIELDS["Dates"]["issued"].source, FIELDS["Use"]["sites"].source
        ('ISO/IEC 17025, 7.8.2.1 j', 'STARD 2015, 8')
        """
        return f"ISO/IEC 17025, {self.clause}" if self.clause[:1].isdigit() else self.clause


FIELDS: Mapping[str, Mapping[str, Said]] = {
    "Laboratory": {
        "name": Said("7.8.2.1 b", Words("name", "名称"), Words("the laboratory's name", "实验室名称")),
        "address": Said("7.8.2.1 b", Words("address", "地址"), Words("its postal address", "实验室通信地址")),
        "site": Said(
            "7.8.2.1 c",
            Words("tested at", "检测地点"),
            Words("where the activities took place, if elsewhere", "实施检测的地点（如在他处）"),
        ),
        "contact": Said("", Words("contact", "联系方式"), Words("how to reach it", "实验室联系方式")),
    },
    "Accreditation": {
        "body": Said("ISO/IEC 17011", Words("accredited by", "认可机构"), Words("who accredited it", "认可机构名称")),
        "number": Said(
            "ISO/IEC 17011", Words("certificate", "认可证书编号"), Words("number of its certificate", "证书编号")
        ),
        "scope": Said(
            "5.3",
            Words("scope", "认可范围"),
            Words(
                "what of this report lies within the scope, and what does not",
                "本报告中哪些内容在认可范围之内，哪些不在",
            ),
        ),
    },
    "Customer": {
        "name": Said("7.8.2.1 e", Words("name", "名称"), Words("the customer's name", "委托方名称")),
        "contact": Said(
            "7.8.2.1 e",
            Words("contact", "联系方式"),
            Words("how to reach the customer", "委托方联系方式"),
        ),
    },
    "Item": {
        "description": Said("7.8.2.1 g", Words("description", "描述"), Words("what was tested", "被测物品的描述")),
        "condition": Said(
            "7.8.2.1 g",
            Words("condition as received", "接收时状态"),
            Words("its condition as it was received", "接收时的状态"),
        ),
        "identification": Said(
            "7.8.2.1 g",
            Words("identification", "标识"),
            Words("serial number, version, label", "序列号、版本或标签"),
        ),
    },
    "Dates": {
        "received": Said(
            "7.8.2.1 h",
            Words("received", "接收日期"),
            Words("day on which the item was received: 2026-11-20", "接收被测物品的日期，如 2026-11-20"),
        ),
        "performed_from": Said(
            "7.8.2.1 i",
            Words("testing began", "检测开始"),
            Words("first day of testing: 2026-11-20", "检测开始日期，如 2026-11-20"),
        ),
        "performed_to": Said(
            "7.8.2.1 i",
            Words("testing ended", "检测结束"),
            Words("last day of testing: 2026-11-20", "检测结束日期，如 2026-11-20"),
        ),
        "issued": Said(
            "7.8.2.1 j", Words("issued", "签发日期"), Words("day of issue: 2026-11-20", "报告签发日期，如 2026-11-20")
        ),
    },
    "Authoriser": {
        "name": Said(
            "7.8.2.1 o", Words("authorised by", "批准人"), Words("who authorises the report", "报告批准人姓名")
        ),
        "function": Said("7.8.2.1 o", Words("function", "职务"), Words("in what function", "批准人职务")),
    },
    "Opinion": {
        "text": Said("7.8.7.2", Words("opinion", "意见和解释"), Words("what is thought", "意见内容")),
        "by": Said(
            "7.8.7.1", Words("given by", "提出人"), Words("who thinks so, and in what function", "提出人及职务")
        ),
        "basis": Said("7.8.7.1", Words("basis", "依据"), Words("on what basis", "依据")),
    },
    "External": {
        "provider": Said(
            "7.8.2.1 p", Words("external provider", "外部供应商"), Words("who provided them", "供应商名称")
        ),
        "results": Said(
            "7.8.2.1 p", Words("results", "结果"), Words("which results came from there", "由其提供的结果")
        ),
    },
    "Amendment": {
        "replaces": Said(
            "7.8.8.3",
            Words("replaces the report", "替代的报告"),
            Words("identification of the replaced report", "被替代报告的编号"),
        ),
        "changes": Said("7.8.8.1", Words("changes", "更改内容"), Words("what was changed", "更改的内容")),
        "reason": Said("7.8.8.1", Words("reason", "更改原因"), Words("why", "更改的原因")),
    },
    "Sampling": {
        "plan": Said(
            "7.8.2.1 k", Words("sampling plan", "抽样计划"), Words("reference to the sampling plan", "抽样计划的编号")
        ),
        "method": Said(
            "7.8.2.1 k", Words("sampling method", "抽样方法"), Words("reference to the method", "抽样方法的编号")
        ),
    },
    "Use": {
        "intended": Said(
            "STARD 2015, 3", Words("intended use", "预期用途"), Words("what the product is for", "产品的预期用途")
        ),
        "population": Said(
            "STARD 2015, 6",
            Words("population", "人群"),
            Words("whom the samples are of, and how they were chosen", "样本来自的人群及入选方式"),
        ),
        "sites": Said(
            "STARD 2015, 8",
            Words("sites", "采集地点"),
            Words("where and when the data were taken", "数据采集的地点与时间"),
        ),
        "independence": Said(
            "",
            Words("independence of training data", "与训练数据的独立性"),
            Words(
                "how it is known that the test data are independent of the training data",
                "如何得知测试数据独立于训练数据",
            ),
        ),
    },
    "Particulars": {
        "identification": Said(
            "7.8.2.1 d",
            Words("report", "报告编号"),
            Words("unique number of the report; empty: one is derived", "报告的唯一编号；留空则自动生成"),
        ),
        "laboratory": Said("7.8.2.1 b", Words("Laboratory", "实验室"), Words("who tested", "检测方")),
        "accreditation": Said(
            "5.3", Words("accreditation", "认可"), Words("what the laboratory is accredited for", "实验室的认可范围")
        ),
        "party": Said(
            "ISO/IEC 17000, 4.3–4.5",
            Words("party", "检测方性质"),
            Words(
                "first (the provider tests), second (a user tests) or third (independent of both)",
                "first（提供方自测）、second（使用方检测）或 third（独立第三方）",
            ),
        ),
        "customer": Said("7.8.2.1 e", Words("Customer", "委托方"), Words("for whom it was tested", "委托方")),
        "item": Said("7.8.2.1 g", Words("Item", "被测物品"), Words("what was tested", "被测物品")),
        "dates": Said("7.8.2.1 h–j", Words("Dates", "日期"), Words("year-month-day", "日期（年-月-日）")),
        "sampling": Said(
            "7.8.2.1 k",
            Words("sampling", "抽样"),
            Words("where the laboratory sampled the items itself", "由实验室抽取物品时填写"),
        ),
        "deviations": Said(
            "7.8.2.1 n",
            Words("additions, deviations, exclusions", "对方法的补充、偏离或删减"),
            Words(
                "additions to, deviations or exclusions from the method; none, where there are none",
                "对方法的补充、偏离或删减；没有则写“无”",
            ),
        ),
        "environment": Said(
            "7.8.3.1 a",
            Words("conditions", "环境条件"),
            Words("environmental and other conditions that bear on the results", "影响结果的环境及其他条件"),
        ),
        "customer_supplied": Said(
            "7.8.2.2",
            Words("supplied by the customer", "由委托方提供"),
            Words(
                "what the customer supplied, and the laboratory does not answer for",
                "由委托方提供、实验室不予负责的信息",
            ),
        ),
        "external_providers": Said(
            "7.8.2.1 p",
            Words("results of external providers", "外部供应商的结果"),
            Words("results that came from others", "由外部供应商提供的结果"),
        ),
        "opinions": Said(
            "7.8.7",
            Words("opinions and interpretations", "意见和解释"),
            Words("kept apart from the results", "与结果分开列出"),
        ),
        "amendment": Said(
            "7.8.8", Words("amendment", "修改"), Words("where it replaces another report", "替代另一报告时填写")
        ),
        "use": Said(
            "STARD 2015",
            Words("Use and data", "用途与数据"),
            Words("what for, and whom the data stand for", "用途及数据代表性"),
        ),
        "authorised_by": Said(
            "7.8.2.1 o",
            Words("authorised by", "批准人"),
            Words("the person or persons who authorise the report", "批准报告的人员"),
        ),
    },
}
"""By the name of the dataclass in `steelyard.report.particulars.particulars`."""
