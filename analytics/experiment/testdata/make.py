"""Makes reference.json from scipy and statsmodels; the tests read only that.

Run: /usr/bin/python3 make.py > reference.json
With: Debian 12, apt-get install python3-scipy python3-statsmodels (versions are in the file).

What no library offers is computed from its definition, another way than in Go:
Fieller's bounds as roots of the test (brentq), the delta method from the
linearised units, the sequential test with all values in memory.
"""
import json
import sys

import numpy as np
import scipy
import statsmodels
from scipy import optimize, stats
from statsmodels.stats import multitest, proportion, weightstats, power

out = {"versions": "scipy %s, statsmodels %s, numpy %s" % (scipy.__version__, statsmodels.__version__, np.__version__)}


def fieller(ma, va, mb, vb, q):
    """Both bounds of mb/ma - 1, or None if va is too large."""
    if q * q * va >= ma * ma:
        return None
    f = lambda r: (mb - r * ma) ** 2 - q * q * (vb + r * r * va)
    r = mb / ma
    step = 10 * q * np.sqrt(va + vb) / ma
    low, high = r - step, r + step
    while f(low) < 0:
        low -= step
    while f(high) < 0:
        high += step
    return [optimize.brentq(f, low, r, xtol=1e-15, rtol=1e-14) - 1, optimize.brentq(f, r, high, xtol=1e-15, rtol=1e-14) - 1]


tables = [(100, 1000, 130, 1000, 0.95), (50, 1000, 65, 1100, 0.95), (500, 10000, 590, 10050, 0.99), (7, 50, 18, 45, 0.95), (12000, 400000, 12400, 401234, 0.9),
          (30, 90, 10, 110, 0.8), (3, 20, 9, 22, 0.95), (1, 12, 6, 11, 0.95), (2, 1000, 9, 1000, 0.95), (8, 10, 2, 15, 0.95), (250, 500, 250, 500, 0.95)]
out["proportions"] = []
for sa, na, sb, nb, level in tables:
    q = stats.norm.isf((1 - level) / 2)
    zp, pp = proportion.proportions_ztest([sb, sa], [nb, na])
    wald = proportion.test_proportions_2indep(sb, nb, sa, na, compare="diff", method="wald", correction=False)
    ci = lambda compare, method: list(proportion.confint_proportions_2indep(sb, nb, sa, na, compare=compare, method=method, alpha=1 - level, correction=False))
    pa, pb = sa / na, sb / nb
    out["proportions"].append({
        "a": [sa, na], "b": [sb, nb], "level": level, "z_pooled": zp, "p_pooled": pp, "z_unpooled": wald.statistic, "p_unpooled": wald.pvalue,
        "wald": ci("diff", "wald"), "newcombe": ci("diff", "newcomb"), "katz": ci("ratio", "log"),
        "fieller": fieller(pa, pa * (1 - pa) / na, pb, pb * (1 - pb) / nb, q),
        "fisher": stats.fisher_exact([[sb, nb - sb], [sa, na - sa]])[1]})

# Zero cells, where the libraries refuse intervals.
out["fisher"] = [{"a": [sa, na], "b": [sb, nb], "p": stats.fisher_exact([[sb, nb - sb], [sa, na - sa]])[1]}
                 for sa, na, sb, nb in [(0, 10, 5, 10), (0, 5, 0, 7), (4, 4, 4, 4), (3, 3, 0, 3), (0, 1000, 11, 1000), (40, 60000, 90, 61000), (1, 24, 5, 24), (10, 20, 10, 20)]]

rng = np.random.default_rng(20261126)
out["means"] = []
for i, (na, nb, scale, shift) in enumerate([(5, 7, 1, 0.5), (30, 20, 3, 0), (200, 150, 10, 2), (12, 400, 0.1, 0.05), (1000, 1000, 1, 0.1)]):
    a = np.round(10 + rng.normal(size=na), 6)
    b = np.round(10 + shift + scale * rng.normal(size=nb), 6)
    t = stats.ttest_ind(b, a, equal_var=False)
    cm = weightstats.CompareMeans(weightstats.DescrStatsW(b), weightstats.DescrStatsW(a))
    va, vb = a.var(ddof=1) / na, b.var(ddof=1) / nb
    df = cm.dof_satt()
    out["means"].append({"a": a.tolist(), "b": b.tolist(), "t": t.statistic, "p": t.pvalue, "df": df, "interval": list(cm.tconfint_diff(alpha=0.05, usevar="unequal")),
                         "fieller": fieller(a.mean(), va, b.mean(), vb, stats.t.isf(0.025, df))})

out["ratios"] = []
for na, nb in [(40, 60), (500, 400)]:
    def units(n, p):
        den = rng.poisson(20, size=n) + 1
        return rng.binomial(den, np.clip(rng.beta(2, 40, size=n) * p, 0, 1)).astype(float), den.astype(float)
    (xa, ya), (xb, yb) = units(na, 1), units(nb, 1.3)
    def arm(x, y):
        r = x.sum() / y.sum()
        return r, ((x - r * y) / y.mean()).var(ddof=1) / len(x)
    (ra, va), (rb, vb) = arm(xa, ya), arm(xb, yb)
    z, q, half = (rb - ra) / np.sqrt(va + vb), stats.norm.isf(0.025), stats.norm.isf(0.025) * np.sqrt(va + vb)
    out["ratios"].append({"num_a": xa.tolist(), "den_a": ya.tolist(), "num_b": xb.tolist(), "den_b": yb.tolist(), "ratio_a": ra, "ratio_b": rb, "z": z, "p": 2 * stats.norm.sf(abs(z)),
                          "interval": [rb - ra - half, rb - ra + half], "fieller": fieller(ra, va, rb, vb, q)})

# power_proportions_2indep and its kin count group 1 first and use the pooled
# variance under the null, alternative="larger" at alpha/2 leaves out findings
# in the wrong direction as the Go functions do.
out["size_proportions"] = []
for a, b, alpha, pw, k in [(0.1, 0.12, 0.05, 0.8, 1), (0.05, 0.06, 0.05, 0.9, 1), (0.2, 0.15, 0.01, 0.8, 2), (0.5, 0.6, 0.1, 0.8, 0.5), (0.01, 0.011, 0.05, 0.8, 1)]:
    hi, lo, ratio = (a, b, k) if a > b else (b, a, 1 / k)
    n1 = float(proportion.samplesize_proportions_2indep_onetail(hi - lo, lo, pw, ratio=ratio, alpha=alpha / 2, alternative="larger"))
    na = n1 if a > b else n1 / k
    nobs = 1234
    n1 = nobs if a > b else nobs * k
    have = proportion.power_proportions_2indep(hi - lo, lo, n1, ratio=ratio, alpha=alpha / 2, alternative="larger", return_results=False)
    out["size_proportions"].append({"a": a, "b": b, "alpha": alpha, "power": pw, "ratio": k, "n": na, "power_1234": float(have)})

out["size_means"] = []
for delta, sa, sb, alpha, pw, k in [(0.5, 1, 1, 0.05, 0.8, 1), (2, 10, 10, 0.05, 0.9, 1), (-1, 4, 4, 0.01, 0.8, 3)]:
    # solve_power stops at 1e-9; the same function, solved further.
    f = lambda n: power.NormalIndPower().power(abs(delta) / sa, n, alpha / 2, ratio=k, alternative="larger") - pw
    n = optimize.brentq(f, 2, 1e5, xtol=1e-12, rtol=1e-14)
    t = power.TTestIndPower().solve_power(abs(delta) / sa, None, alpha, pw, ratio=k)
    have = power.NormalIndPower().power(abs(delta) / sa, 77, alpha / 2, ratio=k, alternative="larger")
    out["size_means"].append({"delta": delta, "sd_a": sa, "sd_b": sb, "alpha": alpha, "power": pw, "ratio": k, "n": float(n), "n_t": float(t), "power_77": float(have)})

p = [0.01, 0.02, 0.03, 0.005, 0.5, 0.04, 0.0001, 0.9, 0.04]
out["multiple"] = {"p": p, "bonferroni": multitest.multipletests(p, method="bonferroni")[1].tolist(), "holm": multitest.multipletests(p, method="holm")[1].tolist(),
                   "fdr_bh": multitest.multipletests(p, method="fdr_bh")[1].tolist()}

out["sample_ratio"] = []
for observed, weights in [([5000, 5100], [1, 1]), ([821588, 815482], [50, 50]), ([1000, 2050, 2950], [1, 2, 3]), ([90, 5, 5], [18, 1, 1])]:
    e = np.array(weights) / np.sum(weights) * np.sum(observed)
    c = stats.chisquare(observed, e)
    out["sample_ratio"].append({"observed": observed, "weights": weights, "chi": c.statistic, "p": c.pvalue})

a, b, effect, alpha, least = np.round(5 + rng.normal(size=400), 4), np.round(5.35 + 1.2 * rng.normal(size=400), 4), 0.25, 0.05, 20
best, low, high = 1.0, -np.inf, np.inf
for n in range(least, 401):
    for m in ([n - 1, n] if n > least else [n]):
        x, y = a[:n], b[:m]
        if len(y) < least:
            continue
        v, d, e = x.var(ddof=1) / n + y.var(ddof=1) / m, y.mean() - x.mean(), effect ** 2
        ratio = np.sqrt(v / (v + e)) * np.exp(e * d * d / (2 * v * (v + e)))
        best = min(best, 1 / ratio)
        half = np.sqrt(v * (v + e) / e * (2 * np.log(1 / alpha) + np.log((v + e) / v)))
        low, high = max(low, d - half), min(high, d + half)
va, vb = a.var(ddof=1) / 400, b.var(ddof=1) / 400
def outside(r):
    v, e = vb + r * r * va, effect ** 2 * (1 + r * r) / 2
    return abs(b.mean() - r * a.mean()) - np.sqrt(v * (v + e) / e * (2 * np.log(1 / alpha) + np.log((v + e) / v)))
r = b.mean() / a.mean()
out["sequential"] = {"a": a.tolist(), "b": b.tolist(), "effect": effect, "least": least, "p": best, "interval": [low, high],
                     "uplift": [optimize.brentq(outside, r - 1, r, xtol=1e-15) - 1, optimize.brentq(outside, r, r + 1, xtol=1e-15) - 1]}

def plain(v):
    if isinstance(v, dict):
        return {k: plain(x) for k, x in v.items()}
    if isinstance(v, (list, tuple)):
        return [plain(x) for x in v]
    return v.item() if isinstance(v, np.generic) else v

json.dump(plain(out), sys.stdout)
print()
