//go:build linux

package sentiment

import (
	"bytes"
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jonreiter/govader"

	"github.com/smmkit/smmkit/analytics/sentiment"
	"github.com/smmkit/smmkit/internal/sharedspec"
)

// comments are seeded comments of some 90 bytes, as people write them under posts.
func comments(n int) []string {
	random := rand.New(rand.NewPCG(1, 2))
	pick := func(list string) string {
		words := strings.Fields(list)
		return words[random.IntN(len(words))]
	}
	const (
		common = `the a and to of in it is was that this for you we they with at on my your our have had from just so when what how there all
order parcel shop shoes phone video post store box colour size price delivery support team week today yesterday again back still`
		opinion = `good great love nice bad terrible slow broken happy sad awful amazing poor best worst like hate fine cheap useless perfect`
		helper  = `not very really never too so but quite isn't don't`
		tail    = `!!! 😍 😂 :) :( https://example.com/p/81237 @brand.team #sale ??? 👍 café ok. … naïve`
	)
	out := make([]string, n)
	for i := range out {
		var b strings.Builder
		for size := 40 + random.IntN(90); b.Len() < size; {
			word := ""
			switch x := random.IntN(100); {
			case x < 70:
				word = pick(common)
			case x < 82:
				word = pick(opinion)
			case x < 91:
				word = pick(helper)
			default:
				word = pick(tail)
			}
			if random.IntN(40) == 0 {
				word = strings.ToUpper(word)
			}
			b.WriteString(word)
			b.WriteByte(' ')
		}
		out[i] = strings.TrimSpace(b.String())
	}
	return out
}

// scorers are what is compared, ours first.
func scorers() []func(string) float64 {
	peer := govader.NewSentimentIntensityAnalyzer()
	return []func(string) float64{
		func(text string) float64 { return sentiment.Analyze(text).Compound },
		func(text string) float64 { return peer.PolarityScores(text).Compound },
	}
}

var sink float64

func BenchmarkSentiment(b *testing.B) {
	texts := comments(10_000)
	for i, score := range scorers() {
		b.Run([]string{"smmkit", "govader"}[i], func(b *testing.B) {
			b.ReportAllocs()
			n := 0
			for b.Loop() {
				sink += score(texts[n%len(texts)])
				n++
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "texts/s")
		})
	}
}

// spent is the processor time of this thread, so that what else the machine does
// counts for nobody.
func spent() time.Duration {
	var u syscall.Rusage
	const thread = 1 // RUSAGE_THREAD of Linux
	if err := syscall.Getrusage(thread, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkAgainstPeer scores the same texts by turns, so that what else the machine
// does hits both, and reports the median of the ratios.
func BenchmarkAgainstPeer(b *testing.B) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	texts, both := comments(10_000), scorers()
	for b.Loop() {
		ours, theirs, ratio := compare(both, texts)
		b.ReportMetric(ours, "smmkit-texts/s")
		b.ReportMetric(theirs, "govader-texts/s")
		b.ReportMetric(ratio, "ratio")
	}
}

// compare returns medians of the texts a second of both and of their ratio.
func compare(both []func(string) float64, texts []string) (ours, theirs, ratio float64) {
	var rates [2][]float64
	var ratios []float64
	for range 5 {
		for i, score := range both {
			rounds := []int{5, 1}[i] // the peer is slow enough to be measured in one
			began := spent()
			for range rounds {
				for _, text := range texts {
					sink += score(text)
				}
			}
			rates[i] = append(rates[i], float64(rounds*len(texts))/(spent()-began).Seconds())
		}
		last := len(rates[0]) - 1
		ratios = append(ratios, rates[0][last]/rates[1][last])
	}
	return median(rates[0]), median(rates[1]), median(ratios)
}

func median(v []float64) float64 { return slices.Sorted(slices.Values(v))[len(v)/2] }

type row struct {
	id     int
	rating float64
	text   string
}

func labelled(t *testing.T, name string) []row {
	t.Helper()
	var rows []row
	for line := range bytes.Lines(sharedspec.Read(t, "data/vader/"+name+"_labelled.txt.gz")) {
		f := strings.SplitN(strings.TrimSpace(string(line)), "\t", 3)
		id, err := strconv.Atoi(f[0])
		if err != nil || len(f) != 3 {
			t.Fatalf("line %q", line)
		}
		rating, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row{id, rating, f[2]})
	}
	return rows
}

func class(x, limit float64) int {
	switch {
	case x > limit:
		return 2
	case x < -limit:
		return 0
	}
	return 1
}

// agreement returns Pearson's r, accuracy and macro F1 at the usual thresholds.
func agreement(rows []row, score func(string) float64) [3]float64 {
	var sx, sy, sxx, syy, sxy, hit, f1 float64
	var table [3][3]float64
	for _, r := range rows {
		x, y := score(r.text), r.rating
		sx, sy, sxx, syy, sxy = sx+x, sy+y, sxx+x*x, syy+y*y, sxy+x*y
		table[class(y, 0.5)][class(x, 0.05)]++
	}
	n := float64(len(rows))
	for c := range 3 {
		hit += table[c][c]
		told, are := 0.0, 0.0
		for k := range 3 {
			told, are = told+table[k][c], are+table[c][k]
		}
		f1 += 2 * table[c][c] / (told + are) / 3
	}
	return [3]float64{(n*sxy - sx*sy) / math.Sqrt((n*sxx-sx*sx)*(n*syy-sy*sy)), hit / n, f1}
}

// On texts that nothing was tuned on, ours is not below the peer. The one exception is
// the accuracy on tweets: finding the neutral ones, which are few, costs a part of it.
func TestAgreementIsNotBelowThePeer(t *testing.T) {
	both := scorers()
	for _, c := range []struct {
		name string
		held func(id int) bool
	}{{"tweets", func(id int) bool { return id%4 == 3 }}, {"movie_snippets", func(id int) bool { return id%2 == 0 }}} {
		rows := slices.DeleteFunc(labelled(t, c.name), func(r row) bool { return !c.held(r.id) })
		ours, theirs := agreement(rows, both[0]), agreement(rows, both[1])
		t.Logf("%s held out, n %d: r, accuracy, macro F1: smmkit %.4f, govader %.4f", c.name, len(rows), ours, theirs)
		for i, name := range []string{"r", "accuracy", "macro F1"} {
			allowed := 0.0
			if c.name == "tweets" && name == "accuracy" {
				allowed = 0.015
			}
			if ours[i] < theirs[i]-allowed {
				t.Errorf("%s: %s %.4f is below %.4f", c.name, name, ours[i], theirs[i])
			}
		}
	}
}
