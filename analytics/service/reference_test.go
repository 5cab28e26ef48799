package service_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/service"
)

// reference is testdata/reference.json; testdata/make.py says where it comes
// from.
type reference struct {
	Versions string
	Times    []struct {
		Took              []float64
		Ended             []bool
		Mean, Median, P90 []*float64
	}
	CSAT []struct {
		Satisfied, Answers int64
		Wilson             []float64
	} `json:"csat"`
	NPS []struct {
		Promoters, Passives, Detractors int64
		NPS, Low, High                  float64
	} `json:"nps"`
}

func load(t *testing.T) reference {
	t.Helper()
	b, err := os.ReadFile("testdata/reference.json")
	if err != nil {
		t.Fatal(err)
	}
	var r reference
	if err := json.Unmarshal(b, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

func TestReferenceTimes(t *testing.T) {
	ref, n := load(t), 0
	same := func(what string, got *time.Duration, want *float64) {
		t.Helper()
		n++
		switch {
		case got == nil && want == nil:
		case got == nil || want == nil:
			t.Errorf("%s: %v, want %v", what, got, want)
		case math.Abs(float64(*got)-*want*1e9) > 2+*want: // a nanosecond of rounding, and 1e-9
			t.Errorf("%s: %v, want %v", what, *got, seconds(*want))
		}
	}
	unknown := 0
	for i, c := range ref.Times {
		var obs []service.Observation
		for k, s := range c.Took {
			obs = append(obs, service.Observation{Took: seconds(s), Ended: c.Ended[k]})
		}
		got, err := service.Summarize(obs, 0)
		if err != nil {
			t.Fatal(err)
		}
		for name, v := range map[string]struct {
			got  service.Figure
			want []*float64
		}{"median": {got.Median, c.Median}, "p90": {got.P90, c.P90}} {
			if v.want[0] == nil {
				unknown++
				if _, ok := v.got.Duration(); ok || v.got.State != analytics.StateIncomplete {
					t.Errorf("%d: %s is known: %v", i, name, v.got)
				}
			} else {
				same(name, v.got.Value, v.want[0])
			}
			same(name+" low", v.got.Low, v.want[1])
			same(name+" high", v.got.High, v.want[2])
		}
		if c.Mean != nil {
			same("mean", got.Mean.Value, c.Mean[0])
			same("mean low", got.Mean.Low, c.Mean[1])
			same("mean high", got.Mean.High, c.Mean[2])
		} else if got.Mean.State != analytics.StateIncomplete {
			t.Errorf("%d: the mean is known: %v", i, got.Mean)
		}
	}
	if unknown == 0 || n < 20 {
		t.Errorf("%d values compared, %d of them unknown", n, unknown)
	}
	t.Logf("%d durations agree, %d figures known from below only, %s", n, unknown, ref.Versions)
}

func TestReferenceScores(t *testing.T) {
	ref, worst := load(t), 0.0
	same := func(what string, s service.Score, err error, want ...float64) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		v, _ := s.Float64()
		low, high, ok := s.Bounds()
		if !ok {
			t.Fatalf("%s: no bounds: %s", what, s)
		}
		for i, got := range []float64{v, low, high} {
			worst = max(worst, math.Abs(got-want[i]))
			if !(math.Abs(got-want[i]) <= 1e-9) {
				t.Errorf("%s: %v, want %v", what, got, want[i])
			}
		}
	}
	for _, c := range ref.CSAT {
		s, err := service.CSAT(c.Satisfied, c.Answers, 0)
		same("CSAT", s, err, float64(c.Satisfied)/float64(c.Answers), c.Wilson[0], c.Wilson[1])
	}
	for _, c := range ref.NPS {
		s, err := service.NPS(c.Promoters, c.Passives, c.Detractors, 0)
		same("NPS", s, err, c.NPS, c.Low, c.High)
	}
	t.Logf("%d scores agree, worst error %.1e, %s", len(ref.CSAT)+len(ref.NPS), worst, ref.Versions)
}
