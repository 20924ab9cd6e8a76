"""人流(包括人力资源流、旅客流): residents, workers and visitors."""

from __future__ import annotations

from collections.abc import Callable

from cityflux import Indicator, hookimpl
from cityflux.plugins.live import COMMUNIQUES, YEARBOOKS
from cityflux.plugins.published import Published

STATISTICS = (
    Published(
        Indicator(
            "people.population",
            "人口规模",
            "Population",
            "万人",
            aliases=(
                "常住人口",
                "年末常住人口",
                "常住人口数",
                "Resident population",
                "Permanent resident population",
            ),
            definition="Resident population at the end of the year (年末常住人口), on the base of "
            "the 2020 census.",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "people.labour_force",
            "劳动力总量",
            "Labour force",
            "万人",
            aliases=(
                "就业人员",
                "全社会从业人员",
                "年末就业人员",
            ),
            definition="Persons employed in the whole city (全社会从业人员, 就业人员数).",
            note="上海 changes its definition between 2011 and 2018; the years from 2020 rest on "
            "the census",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "people.postgraduate_labour_force",
            "高素质劳动力数量(具备硕士及以上学位或学历)",
            "Labour force with a master degree or above",
            "万人",
            definition="Workers who hold a master degree or above (硕士及以上).",
        ),
        live=YEARBOOKS,
    ),
    Published(
        Indicator(
            "people.average_wage",
            "劳动力的年平均薪酬水平",
            "Average annual wage",
            "元",
            definition="Average annual wage of on-post staff of urban non-private units "
            "(城镇非私营单位在岗职工平均工资).",
            note="2011-2014 look computed from wage bill and average staff",
        ),
        live=(*COMMUNIQUES, *YEARBOOKS),
    ),
    Published(
        Indicator(
            "people.domestic_visitors",
            "外地来沪出差、旅游、探亲的总人次数",
            "Visitors from elsewhere (business, tourism, family)",
            "万人次",
            definition="Visits from elsewhere in the year for business, tourism or family "
            "(外地来访人次).",
        ),
        live=COMMUNIQUES,
    ),
    Published(
        Indicator(
            "people.registered_population",
            "户籍人口",
            "Registered population",
            "万人",
            aliases=(
                "年末户籍人口",
                "户籍总人口",
            ),
            definition="Persons with household registration in the city at the end of the year "
            "(户籍人口); in 深圳 a fraction of the residents.",
        ),
    ),
    Published(
        Indicator(
            "people.population_earlier_base",
            "年末常住人口(2020年人口普查修订前)",
            "Resident population before the 2020 census revision",
            "万人",
            definition="Resident population at the end of the year, not revised to the 2020 "
            "census.",
            note="杭州 breaks between 2013 and 2014: do not splice with people.population",
        ),
    ),
    Published(
        Indicator(
            "people.labour_force_earlier_base",
            "就业人员数(2020年人口普查修订前)",
            "Labour force before the 2020 census revision",
            "万人",
            definition="Persons employed in the whole city (就业人员数) in the older series that "
            "ends before the 2020 census.",
            note="do not chain with people.labour_force",
        ),
    ),
    Published(
        Indicator(
            "people.urban_unit_staff",
            "城镇非私营单位从业人员",
            "Staff of urban non-private units",
            "万人",
            definition="Staff of urban non-private units at the end of the year "
            "(城镇非私营单位从业人员); a part of the labour force.",
        ),
    ),
)


@hookimpl
def register_indicators(register: Callable[[object], None]) -> None:
    """Hand over the indicators of this group."""
    for plugin in STATISTICS:
        register(plugin)
