"""科教与创新流: research, education and new businesses."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.baidu import family
from cityflux.plugins.derived import Derived, yearly_change
from cityflux.plugins.live import COMMUNIQUES, YEARBOOKS
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "science_innovation.patents_granted",
            "专利申请授权数量",
            "Patents granted",
            "万件",
            aliases=(
                "专利授权量",
                "专利授权数",
                "专利申请授权量",
            ),
            definition="Domestic patents granted in the year, of all three kinds "
            "(国内专利申请授权量).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "science_innovation.rd_expenditure",
            "研发经费支出",
            "R&D expenditure",
            "亿元",
            aliases=(
                "R&D经费",
                "R&D经费支出",
                "研发经费",
                "研究与试验发展经费支出",
                "研究与试验发展(R&D)经费支出",
            ),
            definition="Intramural expenditure on research and development (研究与试验发展经费).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "science_innovation.rd_personnel",
            "研发人员数(包含科学家、工程师等)",
            "R&D personnel, full-time equivalent",
            "万人年",
            definition="Research and development personnel in full-time equivalents (R&D "
            "人员全时当量).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "science_innovation.education_spending",
            "教育经费",
            "Education spending",
            "亿元",
            definition="Spending of the general public budget on education (一般公共预算教育支出).",
            note="narrower than 教育经费, which adds tuition and donations",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "science_innovation.school_teachers",
            "中小学专任教师数",
            "Full-time primary and secondary teachers",
            "万人",
            definition="Full-time teachers of primary and secondary schools (中小学专任教师).",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "science_innovation.new_private_businesses",
            "新增个体私营企业数",
            "New self-employed and private businesses",
            "万户",
            definition="Self-employed and private businesses registered in the year "
            "(新增个体私营企业).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "science_innovation.hightech_share_of_industry",
            "高技术产业增加值占工业增加值的比重",
            "High-tech share of industrial value added",
            "%",
            definition="Value added of high-tech industry as a share of that of all industry "
            "(高技术产业增加值占工业增加值的比重).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "science_innovation.information_share_of_industry",
            "信息产业增加值占工业增加值的比重",
            "Information industry share of industrial value added",
            "%",
            definition="Value added of the information industry as a share of that of all "
            "industry (信息产业增加值占工业增加值的比重).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "science_innovation.schools",
            "中小学学校数",
            "Primary and secondary schools",
            "所",
            definition="Primary and secondary schools (中小学学校数), the level.",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "science_innovation.rd_personnel_headcount",
            "研发活动人员",
            "R&D personnel, headcount",
            "万人",
            definition="Research and development personnel, by heads (R&D 活动人员); not "
            "full-time equivalents.",
        ),
    ),
    Published(
        Indicator(
            "science_innovation.science_spending",
            "科学技术支出",
            "Spending on science and technology",
            "亿元",
            definition="Spending of the general public budget on science and technology, whole "
            "city (科学技术支出, 全市).",
        ),
    ),
    Published(
        Indicator(
            "science_innovation.students",
            "普通本专科在校学生数",
            "Students in higher education",
            "万人",
            definition="Students enrolled in regular undergraduate and college courses, whole city "
            "(普通本专科在校学生数, 全市).",
        ),
    ),
)

BAIDU = family(
    "science_innovation",
    {
        "data_visualisation": ("数据可视化", "data visualisation"),
        "data_analysis": ("数据分析", "data analysis"),
        "data_mining": ("数据挖掘", "data mining"),
        "computing_power": ("算力", "computing power"),
    },
    series="日均值",
)

SCHOOLS_CHANGE = Derived(
    Indicator(
        "science_innovation.schools_change",
        "中小学学校数(增量指标)",
        "Primary and secondary schools, yearly change",
        "所",
        definition="Primary and secondary schools, minus those of the year before.",
        inputs=("science_innovation.schools",),
        scale="difference",
    ),
    yearly_change,
    level="science_innovation.schools",
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in (*STATISTICS, *BAIDU, SCHOOLS_CHANGE):
        register(plugin)
