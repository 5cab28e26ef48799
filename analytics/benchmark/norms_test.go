package benchmark

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/smmkit/smmkit/smm"
)

// Every built-in figure has a source, a page that was read unless it says that there
// is none, and a date; the two norms of the field that everybody repeats are
// there.
func TestBuiltInNorms(t *testing.T) {
	norms, err := ParseNorms(strings.NewReader(normsCSV))
	if err != nil {
		t.Fatal(err)
	}
	grades := map[Evidence]int{}
	for i, n := range norms {
		grades[n.Evidence]++
		if n.Source == "" || n.Read.IsZero() || (n.Evidence != EvidenceUnverified && !strings.HasPrefix(n.ReadIn, "http")) {
			t.Errorf("row %d: %+v", i, n)
		}
		if n.Statistic != StatisticRange && n.Edition == 0 {
			t.Errorf("row %d is a figure of a study without its year: %+v", i, n)
		}
		for j, m := range norms[:i] {
			if m == n {
				t.Errorf("rows %d and %d are the same", j, i)
			}
		}
	}
	t.Logf("%d norms: %d from the publication, %d second-hand, %d unverified", len(norms), grades[EvidencePage], grades[EvidenceSecondHand], grades[EvidenceUnverified])
	er := FindNorms(norms, NormQuery{Metric: NormEngagementRateByFollowers})
	if len(er) != 1 || er[0].Low != 0.01 || er[0].High != 0.05 {
		t.Errorf("engagement rate in general: %+v", er)
	}
	growth := FindNorms(norms, NormQuery{Metric: NormFollowerGrowthPer30Days, Followers: 5000})
	found := false
	for _, g := range growth {
		found = found || g.Low == 0.05 && g.High == 0.10
	}
	if !found {
		t.Errorf("growth of small accounts: %+v", growth)
	}
}

func TestFindNorms(t *testing.T) {
	norms := Norms()
	got := FindNorms(norms, NormQuery{Metric: NormEngagementRateByFollowers, Platform: "instagram", Sector: "airlines"})
	if len(got) < 5 || got[0].Sector != "airlines" || got[0].Period != "2020-01 to 2020-10" || got[1].Sector != "airlines" || got[2].Platform != "instagram" || got[2].Edition != 2026 {
		t.Errorf("%v", got)
	}
	if last := got[len(got)-1]; last.Platform != "" || last.Sector != "" {
		t.Errorf("the most general is not last: %+v", last)
	}
	for _, n := range got {
		if n.Sector != "" && n.Sector != "airlines" || n.Platform != "" && n.Platform != "instagram" || n.Metric != NormEngagementRateByFollowers {
			t.Errorf("does not fit: %+v", n)
		}
	}
	for _, n := range FindNorms(norms, NormQuery{Metric: NormFollowerGrowthPer30Days}) {
		if n.FollowersFrom > 0 || n.FollowersTo > 0 {
			t.Errorf("a norm for a size that is not known: %+v", n)
		}
	}
	for followers, want := range map[int64]float64{999: 0.10, 1000: 0.05, 9999: 0.05, 10_000: 0.03, 5_000_000: 0.01} {
		sized := 0
		for _, n := range FindNorms(norms, NormQuery{Metric: NormFollowerGrowthPer30Days, Followers: followers}) {
			if n.FollowersFrom > 0 || n.FollowersTo > 0 {
				sized++
				near(t, n.String(), n.Low, want, 0)
			}
		}
		if sized != 1 {
			t.Errorf("%d followers: %d norms for their size", followers, sized)
		}
	}
	if got := FindNorms(norms, NormQuery{Metric: "charisma"}); len(got) != 0 {
		t.Errorf("%v", got)
	}
}

func TestAgainst(t *testing.T) {
	n := Norm{Low: 0.01, High: 0.05}
	for value, want := range map[float64]struct {
		at  Position
		gap float64
	}{0.004: {BelowNorm, -0.006}, 0.01: {AtNorm, 0}, 0.03: {AtNorm, 0}, 0.05: {AtNorm, 0}, 0.07: {AboveNorm, 0.02}} {
		at, gap := n.Against(value)
		if at != want.at {
			t.Errorf("%v: %s", value, at)
		}
		near(t, "gap", gap, want.gap, 1e-12)
	}
}

const header = "metric,platform,sector,followers_from,followers_to,statistic,low,high,edition,period,sample,source,evidence,read_in,read,note\n"

func TestParseNormsRefuses(t *testing.T) {
	const good = "posts_per_week,x,,,,median,3,4,2026,,,me,unverified,,2026-11-26,\n"
	if n, err := ParseNorms(strings.NewReader("\ufeff" + header + good)); err != nil || len(n) != 1 {
		t.Fatal(n, err)
	}
	for name, c := range map[string]struct{ row, want string }{
		"percent":      {"engagement_rate_by_followers,,,,,range,1,5,,,,me,unverified,,2026-11-26,", "want fractions"},
		"comma":        {`posts_per_week,,,,,range,"1,5",2,,,,me,unverified,,2026-11-26,`, "decimal point"},
		"NaN":          {"posts_per_week,,,,,range,NaN,NaN,,,,me,unverified,,2026-11-26,", "low is"},
		"upside down":  {"posts_per_week,,,,,range,5,2,,,,me,unverified,,2026-11-26,", "low is 5 and high 2"},
		"metric":       {"engagement,,,,,range,0,0,,,,me,unverified,,2026-11-26,", "see NormMetric"},
		"statistic":    {"posts_per_week,,,,,mode,0,0,,,,me,unverified,,2026-11-26,", "see Statistic"},
		"evidence":     {"posts_per_week,,,,,range,0,0,,,,me,sure,,2026-11-26,", "see Evidence"},
		"no source":    {"posts_per_week,,,,,range,0,0,,,,,unverified,,2026-11-26,", "no source"},
		"no page":      {"posts_per_week,,,,,range,0,0,,,,me,page,,2026-11-26,", "no page"},
		"no date":      {"posts_per_week,,,,,range,0,0,,,,me,unverified,,yesterday,", "want a day"},
		"edition":      {"posts_per_week,,,,,range,0,0,26,,,me,unverified,,2026-11-26,", "want a year"},
		"followers":    {"posts_per_week,,,10,5,range,0,0,,,,me,unverified,,2026-11-26,", "followers from 10 to 5"},
		"minus people": {"posts_per_week,,,-1,,range,0,0,,,,me,unverified,,2026-11-26,", "whole number"},
		"columns":      {"posts_per_week,x", "wrong number of fields"},
	} {
		_, err := ParseNorms(strings.NewReader(header + good + c.row + "\n"))
		if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "line 3") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, text := range map[string]string{"empty": "", "other header": strings.Replace(header, "low,high", "high,low", 1)} {
		if _, err := ParseNorms(strings.NewReader(text)); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), "header") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := ParseNorms(io.MultiReader(strings.NewReader(header), iotest.ErrReader(io.ErrUnexpectedEOF))); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a broken reader: %v", err)
	}
}

func FuzzParseNorms(f *testing.F) {
	f.Add(strings.Join(strings.SplitAfter(normsCSV, "\n")[:4], ""))
	f.Add(header + `posts_per_week,"a""b",,1,2,range,-1e300,1e300,2026,,,me,unverified,,2026-11-26,` + "\n")
	f.Fuzz(func(t *testing.T, text string) {
		norms, err := ParseNorms(strings.NewReader(text))
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) || norms != nil {
				t.Fatalf("%v with %d norms", err, len(norms))
			}
			return
		}
		for _, n := range norms {
			if errs := n.check(); errs != nil {
				t.Fatal(errs)
			}
			if at, gap := n.Against(0); (at == AtNorm) != (gap == 0) {
				t.Fatalf("%s by %v", at, gap)
			}
		}
		FindNorms(norms, NormQuery{Metric: NormPostsPerWeek, Followers: 1})
	})
}
