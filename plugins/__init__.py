"""What to measure: the indicators of the flow economy, one module per group of the paper.

The eleven groups are those of 江若尘, 陈昌东, 郑宇晨, 陈佳品 (2022), 上海流量型经济能级指数对标
分析及发展思路, ISSN 1005-1309, table 1. Published figures stand in ``figures/``, cities in
``cities.csv``. docs/figures.md says why each figure was chosen.
"""
