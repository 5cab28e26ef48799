package analytics

import (
	"math"
	"math/big"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

// rateExample is a worked example that somebody published. want is a
// percentage as printed, with the number of decimals printed.
type rateExample struct {
	source   string // "own" where it is ours
	formula  func(int64, int64) (float64, bool)
	num, den int64
	want     float64
	decimals int
}

// All sources were read on 2026-11-22.
func rateExamples() map[string]rateExample {
	return map[string]rateExample{
		"reach, 200 of 2500":           {"costcalculator.calculator.city/engagement-rate-by-reach-calculator", EngagementRateByReach, 150 + 20 + 15 + 15, 2500, 8, 0},
		"reach, 500 of 10000":          {"calculatorlib.com/engagement-rate-by-reach-calculator", EngagementRateByReach, 500, 10_000, 5, 0},
		"impressions, 500 of 20000":    {"narrative.bi/free-tools/how-to-calculate-engagement-rate", EngagementRateByImpressions, 500, 20_000, 2.5, 1},
		"followers, millions":          {"help.archive.com/en/articles/11794421", EngagementRateByFollowers, 5_900_000, 90_600_000, 6.51, 2},
		"views, three actions":         {"schedulala.com/tools/tiktok-engagement-calculator", EngagementRateByViews, 3000 + 200 + 100, 50_000, 6.6, 1},
		"views, mostly shares":         {"tingotools.com/tiktok-engagement-rate-calculator", EngagementRateByViews, 100 + 15 + 1000, 100_000, 1.115, 3},
		"views, four actions":          {"calculory.com tiktok-engagement-rate-calculator", EngagementRateByViews, 4200 + 350 + 180 + 270, 95_000, 5.26, 2},
		"CTR, 5 of 100":                {"irev.com/affiliate-marketing-glossary/what-is-click-through-rate", CTR, 5, 100, 5, 0},
		"CTR, 10 of 100":               {"automaticpallet.com/glossary/ctr", CTR, 10, 100, 10, 0},
		"CTR, 100 of 1000":             {"adoperator.com/en_desc_rate.jsp", CTR, 100, 1000, 10, 0},
		"growth, 1000 and 100":         {"keyhole.co/blog/how-do-i-calculate-follower-growth-rate", GrowthRate, 1000, 1100, 10, 0},
		"growth, 10000 and 100":        {"keyhole.co/blog/how-do-i-calculate-follower-growth-rate", GrowthRate, 10_000, 10_100, 1, 0},
		"growth, 200 and 100":          {"costcalculator.calculator.city/?p=38366", GrowthRate, 200, 300, 50, 0},
		"growth, a million and 100":    {"costcalculator.calculator.city/?p=38366", GrowthRate, 1_000_000, 1_000_100, 0.01, 2},
		"growth, a loss":               {"own", GrowthRate, 400, 300, -25, 0},
		"nothing happened":             {"own", EngagementRateByReach, 0, 100, 0, 0},
		"more actions than followers":  {"own", EngagementRateByFollowers, 300, 100, 300, 0},
		"counts beyond 2^53 stay sane": {"own", CTR, math.MaxInt64, math.MaxInt64, 100, 0},
	}
}

func TestRateExamples(t *testing.T) {
	for name, e := range rateExamples() {
		t.Run(name, func(t *testing.T) {
			got, ok := e.formula(e.num, e.den)
			if !ok {
				t.Fatalf("undefined, want %v %%", e.want)
			}
			if half := 0.5 * math.Pow10(-e.decimals); math.Abs(100*got-e.want) > half+1e-9 {
				t.Errorf("%v %%, want %v %% (%s)", 100*got, e.want, e.source)
			}
		})
	}
}

func TestRatesUndefined(t *testing.T) {
	for name, f := range map[string]func(int64, int64) (float64, bool){
		"reach": EngagementRateByReach, "impressions": EngagementRateByImpressions,
		"followers": EngagementRateByFollowers, "views": EngagementRateByViews, "ctr": CTR,
	} {
		for _, den := range []int64{0, -1, math.MinInt64} {
			if v, ok := f(7, den); ok || v != 0 {
				t.Errorf("%s over %d = %v, %v; want undefined", name, den, v, ok)
			}
		}
	}
	if v, ok := GrowthRate(0, 10); ok || v != 0 {
		t.Errorf("growth from 0 = %v, %v; want undefined", v, ok)
	}
}

func TestCPAExamples(t *testing.T) {
	usd := func(micros int64) smm.Money { return smm.Money{Micros: micros, Currency: "USD"} }
	for name, e := range map[string]struct {
		source string
		spend  smm.Money
		n      int64
		want   smm.Money
	}{
		"5000 for 200":    {"calculatorlib.com/cost-per-acquisition-cpa-calculator", usd(5000e6), 200, usd(25e6)},
		"8000 for 40":     {"toolzdeck.com/marketing-tools/cpa-calculator", usd(8000e6), 40, usd(200e6)},
		"1200 for 30":     {"veracalculator.com/calculators/marketing/cpa", usd(1200e6), 30, usd(40e6)},
		"15000 for 60":    {"theprimecalculator.com/business/cost-per-acquisition-calculator", usd(15000e6), 60, usd(250e6)},
		"10 for 3":        {"own: 3.333333", usd(10e6), 3, usd(3_333_333)},
		"20 for 3":        {"own: 6.666667", usd(20e6), 3, usd(6_666_667)},
		"half rounds up":  {"own", usd(1), 2, usd(1)},
		"refund, half":    {"own: away from zero", usd(-1), 2, usd(-1)},
		"largest amounts": {"own: no overflow", usd(math.MaxInt64), math.MaxInt64, usd(1)},
		"nothing spent":   {"own: a true zero", usd(0), 5, usd(0)},
	} {
		if got, ok := CPA(e.spend, e.n); !ok || got != e.want {
			t.Errorf("%s: %v, %v; want %v (%s)", name, got, ok, e.want, e.source)
		}
	}
	if got, ok := CPA(usd(5), 0); ok {
		t.Errorf("CPA of no acquisitions = %v; want undefined", got)
	}
}

func FuzzCPA(f *testing.F) {
	f.Add(int64(10), int64(3))
	f.Add(int64(math.MinInt64), int64(1))
	f.Add(int64(math.MinInt64), int64(math.MaxInt64))
	f.Fuzz(func(t *testing.T, spend, n int64) {
		got, ok := CPA(smm.Money{Micros: spend, Currency: "EUR"}, n)
		if ok != (n > 0) {
			t.Fatalf("defined = %v for %d acquisitions", ok, n)
		}
		if !ok {
			return
		}
		// |2 * (got*n - spend)| <= n is what rounding to the nearest means.
		diff := new(big.Int).Mul(big.NewInt(got.Micros), big.NewInt(n))
		diff.Sub(diff, big.NewInt(spend)).Lsh(diff, 1)
		if diff.CmpAbs(big.NewInt(n)) > 0 {
			t.Fatalf("%d / %d = %d is not the nearest", spend, n, got.Micros)
		}
	})
}
