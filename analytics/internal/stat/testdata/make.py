"""Makes reference.json: values of the special functions in 50 digits.

Run: /usr/bin/python3 make.py > reference.json
With: Debian 12 python3 3.11.2, python3-mpmath 1.2.1 (apt-get install python3-mpmath).
Tests read reference.json only.
"""
import json
from mpmath import mp, mpf, betainc, gammainc, erfc, erfinv, sqrt, findroot, inf

mp.dps = 50

def num(v):
    return mp.nstr(v, 20)

out = {"versions": "mpmath 1.2.1", "beta": [], "gamma_q": [], "normal_sf": [], "normal_upper": [], "t_two_sided": [], "t_upper": [], "chi_square_sf": []}

for a, b, x in [(0.5, 0.5, 0.5), (1, 1, 0.25), (2, 3, 0.1), (2.5, 0.5, 0.75), (10, 20, 0.25), (30, 0.5, 0.875), (100, 200, 0.375),
                (500, 500, 0.5), (5000, 0.5, 0.9990234375), (0.5, 5000, 0.0009765625), (1e6, 0.5, 0.99999904632568359375), (3, 1e5, 6.103515625e-05)]:
    A, B, X = mpf(a), mpf(b), mpf(x)
    out["beta"].append({"a": a, "b": b, "x": x, "want": num(betainc(A, B, 0, X, regularized=True))})

for a, x in [(0.5, 0.25), (0.5, 8), (1, 1), (2.5, 40), (5, 4.5), (10, 30), (50, 50), (200, 150), (1000, 1100)]:
    out["gamma_q"].append({"a": a, "x": x, "want": num(gammainc(mpf(a), mpf(x), inf, regularized=True))})

for z in [-5, -1, 0, 0.5, 1.96, 3, 6, 10, 30]:
    out["normal_sf"].append({"x": z, "want": num(erfc(mpf(z) / sqrt(2)) / 2)})

def upper(q):
    start = float(sqrt(-2 * mp.log(q))) if q < 0.05 else float(sqrt(2) * erfinv(1 - 2 * q))
    return findroot(lambda z: mp.log(erfc(z / sqrt(2)) / 2) - mp.log(q), start)

for q in [0.75, 0.5, 0.3, 0.1, 0.05, 0.025, 0.005, 0.0005, 1e-6, 1e-9, 1e-15, 1e-40, 1e-200]:
    z = mpf(0) if q == 0.5 else upper(mpf(q))
    out["normal_upper"].append({"x": q, "want": num(z)})

def t2(t, df):
    t, df = mpf(t), mpf(df)
    return betainc(df / 2, mpf(1) / 2, 0, df / (df + t * t), regularized=True)

for t, df in [(1, 1), (12.5, 1), (2, 2.5), (2.228, 10), (0.001, 10), (1.96, 30), (4, 57.3), (-2, 999), (2, 12345.678), (5, 1e5), (1.5, 1e6), (3, 4e6), (9, 100)]:
    out["t_two_sided"].append({"t": t, "df": df, "want": num(t2(t, df))})

for q, df in [(0.025, 1), (0.025, 2.5), (0.005, 10), (0.025, 57.3), (0.3, 4), (0.0005, 999), (0.025, 12345.678), (0.025, 1e6), (0.75, 7), (1e-10, 20)]:
    t = findroot(lambda t: mp.log(t2(t, df) / 2) - mp.log(mpf(min(q, 1 - q))), {True: 2, False: 1}[q < 0.2] if q > 1e-6 else 11) if df != 1 else mp.tan(mp.pi * (mpf(1) / 2 - mpf(q)))
    out["t_upper"].append({"q": q, "df": df, "want": num(t if q <= 0.5 else -t)})

for x, df in [(3.841458820694124, 1), (0.1, 1), (5.991, 2), (20, 3), (100, 7), (2.5, 9), (300, 250)]:
    out["chi_square_sf"].append({"x": x, "df": df, "want": num(gammainc(mpf(df) / 2, mpf(x) / 2, inf, regularized=True))})

json.dump(out, __import__("sys").stdout, indent=1)
print()
