package besttimes_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics/besttimes"
	"github.com/smmkit/smmkit/smm"
)

var (
	channel = smm.Ref{Platform: "mastodon", Space: "social.example", Kind: smm.KindChannel, ID: "7"}
	monday  = time.Date(2025, 1, 6, 0, 0, 0, 0, time.UTC)
)

// history draws a year of posts, two a day at one of six hours, whose numbers
// vary by a factor of 1.6 either way. Posts in the planted cell get lift times
// as much.
func history(r *rand.Rand, planted time.Weekday, hour int, lift float64) []besttimes.Post {
	posts := make([]besttimes.Post, 0, 730)
	for i := range 730 {
		at := monday.AddDate(0, 0, i/2).Add(time.Duration([]int{7, 9, 12, 15, 18, 21}[r.IntN(6)]) * time.Hour)
		n := 100 * math.Exp(0.5*r.NormFloat64())
		if at.Weekday() == planted && at.Hour() == hour {
			n *= lift
		}
		posts = append(posts, besttimes.Post{At: at.Add(time.Duration(r.IntN(60)) * time.Minute), N: int64(n), State: smm.MetricMeasured})
	}
	return posts
}

func TestPlantedAndFlat(t *testing.T) {
	const runs = 1000
	found, flat := 0, 0
	for seed := range uint64(runs) {
		r := rand.New(rand.NewPCG(seed, 1))
		day, hour := time.Weekday(r.IntN(7)), []int{7, 9, 12, 15, 18, 21}[r.IntN(6)]
		f, err := besttimes.Find(channel, history(r, day, hour, 2), besttimes.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if f.Differs && slices.ContainsFunc(f.Cells[:3], func(c besttimes.Cell) bool { return c.Weekday == day && c.Hour == hour }) {
			found++
		}
		f, err = besttimes.Find(channel, history(r, 0, 0, 1), besttimes.Options{Seed: seed})
		if err != nil {
			t.Fatal(err)
		}
		if !f.Differs && f.Slots(monday, 3) == nil {
			flat++
		}
	}
	t.Logf("of %d histories each: the planted hour is in the top 3 in %d, flat ones answer \"no difference\" in %d", runs, found, flat)
	if found < runs*90/100 || flat < runs*93/100 {
		t.Error("want 90 % and 93 %")
	}
}

func TestSlots(t *testing.T) {
	berlin := time.FixedZone("CET", 3600)
	posts := history(rand.New(rand.NewPCG(1, 1)), time.Monday, 9, 4)
	f, err := besttimes.Find(channel, posts, besttimes.Options{Zone: berlin})
	if err != nil || !f.Differs {
		t.Fatal(f, err)
	}
	slots := f.Slots(monday.Add(9*time.Hour+time.Minute), 2)
	s := slots[0]
	if len(slots) != 2 || s.Channel != channel || !s.Start.Equal(monday.AddDate(0, 0, 7).Add(9*time.Hour)) || s.Start.Location() != time.UTC ||
		f.Cells[0].Hour != 10 || s.Low >= s.Score || s.High <= s.Score || s.Low < 1.3 || s.Score > 5 {
		t.Errorf("%+v", slots)
	}
	slices.Reverse(posts)
	again, err := besttimes.Find(channel, posts, besttimes.Options{Zone: berlin})
	if err != nil || !reflect.DeepEqual(again.Cells[0].Hour, f.Cells[0].Hour) {
		t.Error("the order of the posts decides")
	}
}

func TestFewAndUnknown(t *testing.T) {
	posts := history(rand.New(rand.NewPCG(1, 1)), time.Monday, 9, 4)
	for i := range posts[29:] {
		posts[29+i].State = smm.MetricNotYet
		posts[29+i].N = -1
	}
	f, err := besttimes.Find(channel, posts, besttimes.Options{})
	if err != nil || f.Differs || f.Posts != 29 || f.Reason == "" || f.Slots(monday, 1) != nil {
		t.Errorf("%+v %v", f, err)
	}
	posts[0].N = -1
	for _, bad := range [][]besttimes.Post{posts, {{State: smm.MetricMeasured}}} {
		if _, err := besttimes.Find(channel, bad, besttimes.Options{}); !errors.Is(err, smm.ErrInvalid) {
			t.Error(err)
		}
	}
	if _, err := besttimes.Find(channel, nil, besttimes.Options{Alpha: 2}); !errors.Is(err, smm.ErrInvalid) {
		t.Error(err)
	}
}
