package series_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/smmkit/smmkit/analytics/series"
	"github.com/smmkit/smmkit/smm"
)

func newRand(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 77)) }

// TestStudent compares with the values of the usual printed tables.
func TestStudent(t *testing.T) {
	for _, c := range []struct {
		p    float64
		n    int
		want float64
	}{
		{0.05, 1, 12.706}, {0.05, 2, 4.303}, {0.05, 3, 3.182}, {0.05, 4, 2.776}, {0.05, 5, 2.571}, {0.05, 10, 2.228}, {0.05, 30, 2.042},
		{0.01, 3, 5.841}, {0.01, 10, 3.169}, {0.1, 10, 1.812}, {0.001, 5, 6.869}, {0.05, 1_000_000, 1.960}, {0.5, 8, 0.706},
	} {
		if got := series.StudentTwoSided(c.p, c.n); math.Abs(got-c.want) > 0.0006 {
			t.Errorf("p %v, n %d: %.4f, want %.3f", c.p, c.n, got, c.want)
		}
	}
}

// TestIntervalCoverage draws posts whose engagement varies far more than a coin
// would, and counts how often the interval holds the true rate.
func TestIntervalCoverage(t *testing.T) {
	const campaigns, posts, truth = 1500, 30, 0.04
	r := newRand(3)
	table := must(series.New([]series.Column{{Name: smm.MetricReach}, {Name: smm.MetricLikes}}, nil))
	for c := range campaigns {
		for range posts {
			reach := 200 + r.Int64N(3000)
			likes := int64(float64(reach)*truth*2*r.Float64() + 0.5)
			row := series.Row{
				Channel: ref(smm.KindChannel, "1"), At: series.Date(2026, 3, 2).Time(), Campaign: fmt.Sprint(c),
				Values: []series.Cell{series.Counted(reach), series.Counted(likes)},
			}
			if err := table.Append(&row); err != nil {
				t.Fatal(err)
			}
		}
	}
	res := must(table.Query(series.Query{By: []series.By{series.ByCampaign}, Ratios: []series.Ratio{{Name: "er", Num: []smm.MetricName{smm.MetricLikes}, Den: smm.MetricReach}}}))
	held := 0
	for i := range res.Groups {
		low, high, ok := res.Groups[i].Rates[0].Interval(0.95)
		if ok && low <= truth && truth <= high {
			held++
		}
	}
	share := float64(held) / campaigns
	t.Logf("95 %% intervals held the rate in %.1f %% of %d campaigns of %d posts", 100*share, campaigns, posts)
	if share < 0.925 || share > 0.97 {
		t.Error("the intervals are too narrow or too wide")
	}
}

func TestTop(t *testing.T) {
	table := must(series.New([]series.Column{{Name: smm.MetricReach}, {Name: smm.MetricLikes}}, nil))
	for campaign, likes := range map[string][]int64{
		"clear": {90, 100, 110, 100}, "close": {30, 50, 20, 40}, "near": {25, 45, 30, 36}, "last": {1, 2, 1, 2}, "few": {500, 500},
	} {
		for _, n := range likes {
			row := series.Row{
				Channel: ref(smm.KindChannel, "1"), At: series.Date(2026, 3, 2).Time(), Campaign: campaign,
				Values: []series.Cell{series.Counted(1000), series.Counted(n)},
			}
			if err := table.Append(&row); err != nil {
				t.Fatal(err)
			}
		}
	}
	res := must(table.Query(series.Query{By: []series.By{series.ByCampaign}, Ratios: []series.Ratio{{Name: "er", Num: []smm.MetricName{smm.MetricLikes}, Den: smm.MetricReach}}}))
	places := func(n int) (out string) {
		for _, x := range must(res.Top("er", n)) {
			out += fmt.Sprintf("%s %d (%d-%d), ", x.Group.Key.Campaign, x.Place, x.Best, x.Worst)
		}
		return out
	}
	if got := places(9); got != "clear 1 (1-1), close 2 (2-3), near 3 (2-3), last 4 (4-4), " {
		t.Error(got)
	}
	if got := places(-1); got != "last 4 (4-4), " {
		t.Error(got)
	}
	_, err := res.Top("none", 1)
	wantInvalid(t, err, "Query.Ratios")
}
