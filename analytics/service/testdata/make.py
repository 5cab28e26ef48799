"""Makes reference.json from statsmodels and numpy; the tests read only that.

Run: /usr/bin/python3 make.py > reference.json
With: Debian 12, apt-get install python3-scipy python3-statsmodels (versions are in the file).
Durations are whole seconds. NPS: numpy's mean and variance of the scores 1, 0 and -1.
"""
import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import stats
from statsmodels.duration.survfunc import SurvfuncRight
from statsmodels.stats.proportion import proportion_confint

out = {"versions": "scipy %s, statsmodels %s, numpy %s" % (scipy.__version__, statsmodels.__version__, np.__version__)}
rng = np.random.default_rng(20261126)

out["times"] = []
for n, until in [(21, 1e9), (51, 20000), (201, 9000), (99, 3000), (333, 40000)]:
    took = np.round(rng.lognormal(8.5, 1, size=n))
    seen = np.round(rng.uniform(0.3, 1, size=n) * until)
    ended = took <= seen
    time = np.where(ended, took, seen)
    sf = SurvfuncRight(time, ended.astype(int))
    row = {"took": time.tolist(), "ended": ended.tolist(), "mean": None}
    if ended.all():
        half = stats.t.isf(0.025, n - 1) * time.std(ddof=1) / np.sqrt(n)
        row["mean"] = [time.mean(), time.mean() - half, time.mean() + half]
    for name, p in [("median", 0.5), ("p90", 0.9)]:
        q = sf.quantile(p)
        low, high = sf.quantile_ci(p, method="cloglog")
        row[name] = [None if not np.isfinite(v) else float(v) for v in (q, low, high)]
    out["times"].append(row)

out["csat"] = [{"satisfied": s, "answers": n, "wilson": list(proportion_confint(s, n, alpha=0.05, method="wilson"))} for s, n in [(80, 100), (1, 7), (0, 12), (9, 9), (4321, 5000)]]

out["nps"] = []
for p, q, d in [(60, 25, 15), (5, 1, 30), (1, 0, 1), (400, 400, 1)]:
    x = np.array([1] * p + [0] * q + [-1] * d)
    half = stats.norm.isf(0.025) * np.sqrt(x.var() / len(x))
    out["nps"].append({"promoters": p, "passives": q, "detractors": d, "nps": x.mean(), "low": max(x.mean() - half, -1), "high": min(x.mean() + half, 1)})

json.dump(out, sys.stdout)
print()
