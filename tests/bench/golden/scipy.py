"""Figures of SciPy that tests/bench/statistics_test.cpp holds ours against.

Run with Debian's python3-scipy:

    /usr/bin/python3 tests/bench/golden/scipy.py >tests/bench/golden/scipy.json
"""

import json
import random
import sys

sys.path.pop(0)  # else `import scipy` would find this file
import scipy
from scipy import stats

random.seed(20240229)
cases = []


def normal(count, mean=0.0):
    return [round(random.gauss(mean, 1), 4) for _ in range(count)]


def direction(p):
    """What the one-sided tests say: 1 greater, -1 less, 0 neither more than the other."""
    greater, less = float(p("greater")), float(p("less"))
    return (greater < less) - (less < greater)


def signed_rank(values):
    def p(alternative):
        return stats.wilcoxon(values, mode="exact", alternative=alternative).pvalue

    cases.append(dict(test="signed_rank", values=values, p=p("two-sided"), direction=direction(p)))


def mann_whitney(first, second, method):
    def p(alternative):
        return stats.mannwhitneyu(first, second, use_continuity=True, method=method,
                                  alternative=alternative).pvalue

    cases.append(dict(test="mann_whitney", first=first, second=second, exact=method == "exact",
                      p=p("two-sided"), direction=direction(p)))


for sizes, mean in [((3, 3), 5), ((5, 8), 0.5), ((8, 8), 1), ((20, 20), 0.7),
                    ((20, 13), 0.0), ((49, 49), 0.3)]:
    mann_whitney(normal(sizes[0]), normal(sizes[1], mean), "exact")
mann_whitney(normal(60), normal(55, 0.4), "asymptotic")
mann_whitney(normal(8), normal(50, 0.4), "asymptotic")
mann_whitney([1, 2, 2, 3, 3, 3, 7, 9], [2, 3, 4, 4, 5, 9, 9, 9, 11, 12], "asymptotic")
mann_whitney([1, 1, 1], [1, 1, 1, 2], "asymptotic")

for count, mean in [(6, 1), (8, 0.5), (12, 0.4), (20, 0.3), (40, 0.2)]:
    signed_rank(normal(count, mean))

# More values lie below 0 than above, the median too, but the ranks of those above weigh more. And
# the other way about.
skewed = ([round(-0.0095 - 0.00001 * at, 5) for at in range(66)] +
          [round(0.0953 + 0.0001 * at, 5) for at in range(62)])
signed_rank(skewed)
signed_rank([-value for value in skewed])

for count, trend in [(5, 1), (8, 0.3), (12, 0.2), (20, 0.05), (40, 0.02)]:
    values = [round(value + trend * at, 4) for at, value in enumerate(normal(count))]
    p = stats.kendalltau(list(range(count)), values, method="exact").pvalue
    cases.append(dict(test="mann_kendall", values=values, exact=True, p=p))

for hits, trials in [(0, 200), (3, 200), (10, 200), (16, 200), (184, 200), (200, 200),
                     (1, 1), (0, 1), (7, 12), (40, 1000)]:
    low, high = stats.binomtest(hits, trials).proportion_ci(0.95, "exact")
    cases.append(dict(test="binomial_interval", hits=hits, trials=trials, low=low, high=high))

# An interval from the k-th to the (n + 1 - k)-th value misses the median as often as a
# fair coin shows fewer than k heads in n throws, or fewer than k tails.
for count in [6, 7, 8, 9, 12, 15, 20, 30, 49, 100]:
    k = max(k for k in range(1, count) if 1 - 2 * stats.binom.cdf(k - 1, count, 0.5) >= 0.95)
    cases.append(dict(test="median_interval", count=count, k=k,
                      coverage=1 - 2 * stats.binom.cdf(k - 1, count, 0.5)))

print('{"source": "SciPy %s",' % scipy.__version__)
print(' "command": "/usr/bin/python3 tests/bench/golden/scipy.py",')
print(' "cases": [\n  ' + ",\n  ".join(json.dumps(case) for case in cases) + "\n]}")
