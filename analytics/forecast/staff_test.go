package forecast

import (
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Where the formula of Erlang is short enough to be worked out as a fraction.
func TestErlangCExact(t *testing.T) {
	for _, c := range []struct {
		servers int
		load    float64
		want    float64
	}{
		{1, 0.3, 0.3},      // C(1, a) = a
		{2, 1, 1.0 / 3},    // C(2, a) = a²/(2+a)
		{2, 1.5, 9.0 / 14}, //
		{3, 2, 4.0 / 9},    // (8/6·3)/(1+2+2+4)
		{4, 2, 4.0 / 23},   // (16/24·2)/(1+2+2+8/6+4/3) = (4/3)/(23/3)
		{5, 0, 0},          //
	} {
		got, ok := ErlangC(c.servers, c.load)
		if !ok {
			t.Fatalf("%d servers, %v: undefined", c.servers, c.load)
		}
		near(t, "C", got, c.want, 1e-15)
	}
}

// Against the textbook sum in exact arithmetic, where powers and factorials
// overflow a float64.
func TestErlangCAgainstTheSum(t *testing.T) {
	for _, c := range []struct {
		servers int
		load    int64
	}{{14, 10}, {55, 48}, {120, 100}, {520, 500}, {1000, 990}} {
		a, term, sum := big.NewRat(c.load, 1), big.NewRat(1, 1), new(big.Rat)
		for k := 1; k <= c.servers; k++ {
			sum.Add(sum, term)
			term = new(big.Rat).Mul(term, new(big.Rat).Mul(a, big.NewRat(1, int64(k))))
		}
		last := new(big.Rat).Mul(term, big.NewRat(int64(c.servers), int64(c.servers)-c.load))
		want, _ := new(big.Rat).Quo(last, new(big.Rat).Add(sum, last)).Float64()
		got, ok := ErlangC(c.servers, float64(c.load))
		if !ok {
			t.Fatal("undefined")
		}
		near(t, "C", got, want, 1e-13*want)
	}
}

func TestErlangCUndefined(t *testing.T) {
	for _, c := range []struct {
		servers int
		load    float64
	}{{0, 0}, {-1, 0}, {2, 2}, {2, 3}, {2, -1}, {2, math.NaN()}} {
		if v, ok := ErlangC(c.servers, c.load); ok || v != 0 {
			t.Errorf("%d servers, %v erlangs: %v, %v", c.servers, c.load, v, ok)
		}
	}
}

// The worked example of pyworkforce, "Solving Queue Problems with ErlangC"
// (pyworkforce.readthedocs.io 0.5.2, read 2026-11-26): 100 calls in 30 minutes
// of 3 minutes each, 80 % within 20 seconds, occupancy at most 85 %, shrinkage
// 30 %: 14 raw positions, 20 with shrinkage, service level 0.888, occupancy
// 0.714, waiting probability 0.174.
func TestAgentsPublishedExample(t *testing.T) {
	st, err := Agents(100, 30*time.Minute, StaffOptions{
		Handle: 3 * time.Minute, Target: ServiceTarget{0.8, 20 * time.Second}, MaxOccupancy: 0.85, Shrinkage: 0.3,
	})
	if err != nil {
		t.Fatal(err)
	}
	if st.Agents != 14 || st.Scheduled != 20 {
		t.Errorf("%d agents, %d scheduled", st.Agents, st.Scheduled)
	}
	near(t, "load", st.Load, 10, 1e-12)
	near(t, "service level", st.ServiceLevel, 0.888, 0.0005)
	near(t, "occupancy", st.Occupancy, 0.714, 0.0005)
	near(t, "waiting probability", st.WaitProbability, 0.174, 0.0005)
	near(t, "answer time", st.AnswerTime.Seconds(), st.WaitProbability*180/4, 1e-6)
}

func TestAgentsIsTheSmallest(t *testing.T) {
	o := StaffOptions{Handle: 4 * time.Minute, Target: ServiceTarget{0.9, time.Minute}, MaxOccupancy: 0.9}
	for _, arrivals := range []float64{0.1, 3, 17, 60, 333, 2500} {
		st, err := Agents(arrivals, time.Hour, o)
		if err != nil {
			t.Fatal(err)
		}
		if st.ServiceLevel < 0.9 || st.Occupancy > 0.9 {
			t.Errorf("%v: misses the target: %+v", arrivals, st)
		}
		n := float64(st.Agents - 1)
		c, ok := ErlangC(st.Agents-1, st.Load)
		if level := 1 - c*math.Exp(-(n-st.Load)*60/240); ok && level >= 0.9 && st.Load/n <= 0.9 {
			t.Errorf("%v: %v would do", arrivals, n)
		}
	}
	// The occupancy alone can ask for more.
	o.MaxOccupancy = 0.5
	if st, _ := Agents(60, time.Hour, o); st.Agents != 8 || st.Occupancy != 0.5 {
		t.Errorf("half busy with 4 erlangs: %d agents, %v", st.Agents, st.Occupancy)
	}
	// Two conversations at a time are half the people, rounded up to whole ones.
	o = StaffOptions{Handle: 3 * time.Minute, Target: ServiceTarget{0.8, 20 * time.Second}, Concurrent: 4}
	if st, _ := Agents(100, 30*time.Minute, o); st.Agents != 4 || st.Occupancy != 10.0/16 {
		t.Errorf("14 conversations, 4 each: %d agents, %v", st.Agents, st.Occupancy)
	}
}

func TestAgentsOfNothing(t *testing.T) {
	st, err := Agents(0, time.Hour, StaffOptions{Handle: time.Minute, Target: ServiceTarget{0.8, time.Minute}})
	if err != nil || st != (Staffing{ServiceLevel: 1}) {
		t.Errorf("%+v, %v", st, err)
	}
}

func TestAgentsRefuses(t *testing.T) {
	good := StaffOptions{Handle: time.Minute, Target: ServiceTarget{0.8, time.Minute}}
	with := func(f func(*StaffOptions)) StaffOptions { o := good; f(&o); return o }
	for name, c := range map[string]struct {
		arrivals float64
		interval time.Duration
		o        StaffOptions
		want     string
	}{
		"no handling time":  {1, time.Hour, with(func(o *StaffOptions) { o.Handle = 0 }), "set Handle"},
		"percent":           {1, time.Hour, with(func(o *StaffOptions) { o.Target.Share = 80 }), "a fraction"},
		"everybody":         {1, time.Hour, with(func(o *StaffOptions) { o.Target.Share = 1 }), "below 1"},
		"occupancy":         {1, time.Hour, with(func(o *StaffOptions) { o.MaxOccupancy = 85 }), "at most 1"},
		"shrinkage":         {1, time.Hour, with(func(o *StaffOptions) { o.Shrinkage = 1 }), "0.99"},
		"concurrent":        {1, time.Hour, with(func(o *StaffOptions) { o.Concurrent = -2 }), "1 to 100"},
		"negative":          {-1, time.Hour, good, "not negative"},
		"NaN":               {nan, time.Hour, good, "not negative"},
		"endless":           {math.Inf(1), time.Hour, good, "not negative"},
		"no interval":       {1, 0, good, "above zero"},
		"more than a world": {1e12, time.Hour, good, "check the units"},
	} {
		if _, err := Agents(c.arrivals, c.interval, c.o); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
