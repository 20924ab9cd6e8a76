"""What the tables and columns mean, for Datasette's pages: descriptions and units.

A column means the same in most tables, so it is described once, and again where it does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

COLUMNS: Mapping[str, str] = {
    "access": "live, bundled, derived, or declared (no scraper reads it) 获取方式",
    "address": "where it was fetched from 网址",
    "admin_code": "administrative code, GB/T 2260 行政区划代码",
    "changed": "how many rows are new or different 变更数",
    "charset": "how the bytes become text 字符编码",
    "city_en": "the city in English",
    "city_id": "the city 城市",
    "city_zh": "城市中文名",
    "computed": "when the score was computed, UTC 计算时间",
    "country": "ISO 3166-1 alpha-2 国家",
    "coverage": "share of what it rests on that is known, 0 to 1 覆盖率",
    "days_late": "days beyond what the frequency allows 逾期天数",
    "definition": "what is counted, and how 定义",
    "definition_hash": "SHA-256 of the definition 定义的哈希",
    "description": "what it is 说明",
    "direction": "1: more is better; -1: less is better 方向",
    "ended": "UTC 结束时间",
    "error": "what went wrong 错误",
    "etag": "the server's mark of this version 版本标记",
    "fetch_id": "the fetch that brought the value 抓取记录",
    "figures": "how many figures it brought 数值个数",
    "frequency": "how often a new figure is due 频率",
    "host": "the name of the machine 主机",
    "http_status": "the status of the answer, RFC 9110 状态码",
    "index_id": "the index 指数",
    "indicator_id": "the indicator 指标",
    "kind": "of what kind 类别",
    "level": "0 at the root 层级",
    "licence": "under which terms it is published 许可",
    "media_type": "what the server said that the bytes are 媒体类型",
    "method": "the method, as in docs/methods.md 方法",
    "name_en": "name in English",
    "name_zh": "中文名",
    "node_id": "the node in the tree of the index 节点",
    "note": "what has to be known about it 备注",
    "period": "2020, 2020-Q3, 2020-07, 2020-07-14, or 2011/2020 for a span 时期",
    "position": "the changes.seq that it knew 数据位置",
    "priority": "among sources of one figure the smallest wins 优先级",
    "publisher": "who published it 发布者",
    "rank": "1 is best 排名",
    "reference": "the table or page 出处",
    "recorded_at": "since when the value is known here, UTC 记录时间",
    "run_id": "the computation that it comes from 计算批次",
    "schedule": "when it is fetched, as a cron line 计划",
    "score": "without unit; standardized and weighted as the index says 得分",
    "snapshot": "SHA-256 of the kept bytes 快照",
    "source_id": "the source 来源",
    "started": "UTC 开始时间",
    "status": "ok, provisional, or suspect (enters no index) 状态",
    "superseded_at": "until when the value held, UTC 失效时间",
    "unit": "the unit of the value 单位",
    "value": "in the unit of the indicator (indicators.unit) 数值",
    "version": "of cityflux that computed it 版本",
    "vintage": "the edition of the publication 版次",
    "weight": "relative among the children of a node 权重",
}

#: Each table and view: what it holds, and the columns that mean something of their own there.
TABLES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "adjustments": (
        "Every figure that the last run imputed or treated. 插补与异常值处理",
        {
            "before": "the figure in the unit of the indicator; null where it was missing 处理前",
            "after": "the figure that was used instead, in the same unit 处理后",
            "kind": "imputed or treated 类别",
        },
    ),
    "alarms": (
        "What is wrong at present, each told once. 警报",
        {
            "what": "what is meant: a source, an index 对象",
            "since": "since when, UTC 起始时间",
            "message": "what went wrong 说明",
        },
    ),
    "answers": (
        "The last answer of each address, so that the next request can be conditional. 最近应答",
        {
            "last_modified": "the date that the server gave 最后修改",
            "answered": "when, UTC 应答时间",
            "handed_over": "1 if figures were to be read from it 是否用于取数",
        },
    ),
    "changes": (
        "What changed, in order, written by triggers. 变更日志",
        {
            "seq": "the position 序号",
            "changed_at": "when, UTC 时间",
            "old_value": "before, in the unit of the indicator 旧值",
            "new_value": "after, in the unit of the indicator 新值",
        },
    ),
    "cities": (
        "The cities. 城市",
        {
            "id": "the name in lower case 标识",
            "region": "YRD, BTH, PRD, … 区域",
            "latitude": "degrees north 纬度",
            "longitude": "degrees east 经度",
        },
    ),
    "current_observations": (
        "The figure in use: the source of the smallest priority, suspect ones left out. 现用数值",
        {},
    ),
    "daemon": (
        "What the daemon does. 守护进程",
        {
            "id": "always 1",
            "pid": "its process 进程号",
            "stopped": "when it ended, UTC; null while it is up 停止时间",
            "beat": "its last sign of life, UTC 心跳",
            "recomputed": "the last recompute, UTC 最近重算",
            "recompute_seconds": "how long that took 重算耗时",
            "problem": "what keeps it from working 问题",
        },
    ),
    "definitions": (
        "Every definition that an index was ever computed by. 指数定义的历次版本",
        {"hash": "SHA-256 of the definition 哈希", "definition": "the whole, as JSON 定义"},
    ),
    "derivations": (
        "Which figures a computed figure rests on. 推算依据",
        {
            "input_indicator_id": "the indicator of the input 输入指标",
            "input_city_id": "the city of the input 输入城市",
            "input_period": "the period of the input 输入时期",
        },
    ),
    "fetch_documents": (
        "The documents of a fetch, where there were several. 抓取的文档",
        {"position": "in the order of the fetch 次序", "period": "that it is about 时期"},
    ),
    "fetches": (
        "Each attempt to fetch: how it went, and what it brought. 抓取记录",
        {"id": "the number of the fetch", "outcome": "stored, unchanged, empty or failed 结果"},
    ),
    "flows": (
        "What goes from one city to another. 城市间流量",
        {
            "origin_id": "from this city 起点",
            "destination_id": "to this city 终点",
            "value": "in the unit beside it 数值",
        },
    ),
    "hosts": (
        "How each host was doing when the last refresh ended. 主机状况",
        {
            "requests": "how many it was sent 请求数",
            "failures": "how many failed 失败数",
            "in_a_row": "failures since the last success 连续失败",
            "circuit": "closed, open or half-open 熔断状态",
            "open_until": "when it is tried again, UTC 重试时间",
            "last_error": "what went wrong last 最近错误",
            "seen": "when this was written, UTC 记录时间",
        },
    ),
    "indicator_sources": ("Which source gives which indicator. 指标的来源", {}),
    "indicators": (
        "What is measured. 指标",
        {
            "id": "group and name 标识",
            "plugin": "the plugin that declares it 插件",
            "unit": "of every value of it 单位",
            "terms": "what the search looks into 检索词",
        },
    ),
    "indices": (
        "The indices. 指数",
        {"id": "identifier 标识", "definition": "the whole, as JSON 定义"},
    ),
    "jobs": (
        "When each source is looked at. 抓取计划",
        {
            "next_run": "UTC 下次",
            "last_run": "UTC 上次",
            "last_success": "UTC 上次成功",
            "running_since": "UTC; null when it is not running 正在运行",
        },
    ),
    "messages": (
        "What is on its way to the webhook. 待发送的通知",
        {"id": "in order 编号", "body": "the message, as JSON 内容"},
    ),
    "nodes": (
        "The trees of the indices; a leaf names its indicator. 指数的树",
        {"parent_id": "the node above; null at the root 上级", "sort_order": "in the tree 次序"},
    ),
    "observations": ("The figures, each with its source. 观测值", {}),
    "provenance": (
        "From each score to every figure under it. 溯源",
        {
            "leaf_id": "the node of the indicator 叶节点",
            "figure_city_id": "the city of the figure 数值的城市",
            "figure_period": "the period of the figure 数值的时期",
        },
    ),
    "revisions": ("Every value that a figure had before. 修订历史", {}),
    "runs": ("Each computation of an index. 计算批次", {"id": "the number of the run"}),
    "scoreboard": ("The score of every index, city and period. 排行榜", {}),
    "scores": ("The score of every node, city and period. 得分", {}),
    "snapshots": (
        "The raw bytes that were fetched, each content once. 原始字节",
        {
            "sha256": "of the bytes before they were compressed 哈希",
            "body": "compressed with zlib; the pages give them as they were 压缩内容",
            "size": "before they were compressed 大小",
            "kept_at": "since when, UTC 保存时间",
        },
    ),
    "sources": (
        "Who publishes what, and where. 来源",
        {"id": "identifier 标识", "scraper": "what reads it 抓取器"},
    ),
    "stale_indicators": (
        "Indicators without a figure, and those whose last one is late. 逾期指标",
        {"latest_day": "that a figure is about 最新日期", "reason": "why it is here 原因"},
    ),
    "strengths": (
        "Each group score beside the leader and the mean. 优势与短板",
        {
            "leader_id": "the best city there 领先城市",
            "gap_to_leader": "own score minus that of the leader 与领先者之差",
            "gap_to_mean": "own score minus the mean of all cities 与均值之差",
        },
    ),
    "stale_told": (
        "The indicators that the webhook was told to be stale. 已通知的过期指标",
        {"since": "when it was told, UTC 通知时间"},
    ),
    "thinned_fetches": (
        "How many old fetches were cleared away, by their outcome. 已清理的抓取记录",
        {
            "outcome": "stored, unchanged, empty or failed 结果",
            "fetches": "how many 数量",
        },
    ),
    "weights": (
        "The weight that the last run used at each node. 权重",
        {"method": "that gave the weight; empty if it was written in the definition 方法"},
    ),
}

#: Columns that have one unit throughout, as the library pint names it.
UNITS: Mapping[str, Mapping[str, str]] = {
    "cities": {"latitude": "degree", "longitude": "degree"},
    "daemon": {"recompute_seconds": "second"},
    "snapshots": {"size": "byte"},
}

#: The tables of the search index and of the migrations, which nobody looks at.
_HIDDEN = (
    *(f"indicators_fts{ending}" for ending in ("", "_config", "_data", "_docsize", "_idx")),
    "_sqlite_migrations",
)


@cache
def describe(database: str) -> dict[str, Any]:
    """The metadata of a database of cityflux, as Datasette takes it."""
    tables: dict[str, Any] = {
        name: {
            "description": description,
            "columns": {**COLUMNS, **own},
            "units": dict(UNITS.get(name, {})),
        }
        for name, (description, own) in TABLES.items()
    }
    tables |= {name: {"hidden": True} for name in _HIDDEN}
    for name in ("cities", "indicators", "indices"):
        tables[name]["label_column"] = "name_zh"
    return {
        "title": "cityflux",
        "databases": {
            database: {
                "description": "流量型经济 The flow economy of cities; read-only",
                "tables": tables,
            }
        },
    }
