package benchmark

import (
	"cmp"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// NormMetric is what a norm is about. The denominator stands in the name.
type NormMetric string

// The metrics of norms. All but posts a week are fractions.
const (
	NormEngagementRateByFollowers   NormMetric = "engagement_rate_by_followers"
	NormEngagementRateByImpressions NormMetric = "engagement_rate_by_impressions"
	NormEngagementRateByViews       NormMetric = "engagement_rate_by_views"
	NormFollowerGrowthPer30Days     NormMetric = "follower_growth_per_30_days"
	NormPostsPerWeek                NormMetric = "posts_per_week"
)

// Statistic is what kind of figure a norm is.
type Statistic string

// The kinds of figures.
const (
	StatisticRange   Statistic = "range"   // what is called usual or good, from Low to High
	StatisticMedian  Statistic = "median"  // half are above; Low is below High where the source gives both
	StatisticAverage Statistic = "average" // the source says average, and not of which kind
)

// Evidence is how well a norm is known to us.
type Evidence string

// The grades of evidence, best first.
const (
	EvidencePage       Evidence = "page"        // read in the publication of Source itself
	EvidenceSecondHand Evidence = "second-hand" // read in a page about it
	EvidenceUnverified Evidence = "unverified"  // repeated in the field; no page was found that shows where it is from
)

// Norm is a figure of the field with its date and source.
type Norm struct {
	Metric        NormMetric `json:"metric"`
	Platform      string     `json:"platform,omitempty"` // "" is any
	Sector        string     `json:"sector,omitempty"`   // "" is all together
	FollowersFrom int64      `json:"followers_from,omitempty"`
	FollowersTo   int64      `json:"followers_to,omitempty"` // exclusive; 0 is without bound
	Statistic     Statistic  `json:"statistic"`
	Low           float64    `json:"low"`
	High          float64    `json:"high"` // equal to Low for a single figure

	Edition  int       `json:"edition,omitempty"` // the year of the publication; 0 where it has none
	Period   string    `json:"period,omitempty"`  // of the data, as the source says
	Sample   string    `json:"sample,omitempty"`
	Source   string    `json:"source"`
	Evidence Evidence  `json:"evidence"`
	ReadIn   string    `json:"read_in,omitempty"` // address of the page
	Read     time.Time `json:"read"`              // the day
	Note     string    `json:"note,omitempty"`
}

//go:embed norms.csv
var normsCSV string

// Norms returns the built-in table. It is a snapshot of what could be read in public
// and no survey: sources count engagement in their own ways, look at their own
// customers, and differ by a factor of ten. Show Source and Edition beside every
// figure, and prefer Compare with real competitors. A table of one's own is read
// with ParseNorms.
func Norms() []Norm {
	norms, err := ParseNorms(strings.NewReader(normsCSV))
	if err != nil {
		panic("benchmark: the built-in norms do not parse: " + err.Error()) // a test keeps this from being shipped
	}
	return norms
}

var normColumns = []string{
	"metric", "platform", "sector", "followers_from", "followers_to", "statistic", "low", "high",
	"edition", "period", "sample", "source", "evidence", "read_in", "read", "note",
}

// ParseNorms reads a table of norms: CSV in UTF-8 with a header that has the
// columns of the built-in table (norms.csv), in this order. Every row needs a
// source, and a page unless it is unverified. Errors match smm.ErrInvalid and
// name line and column. At most 100,000 rows are read. Safe for concurrent use.
func ParseNorms(r io.Reader) ([]Norm, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord = len(normColumns)
	head, err := in.Read()
	if err != nil {
		return nil, fmt.Errorf("%w: norms: header: %w", smm.ErrInvalid, err)
	}
	head[0] = strings.TrimPrefix(head[0], "\ufeff")
	if !slices.Equal(head, normColumns) {
		return nil, fmt.Errorf("%w: norms: the header is %q: want %q", smm.ErrInvalid, head, normColumns)
	}
	var out []Norm
	for {
		rec, err := in.Read()
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%w: norms: %w", smm.ErrInvalid, err)
		}
		line, _ := in.FieldPos(0)
		if len(out) == 100_000 {
			return nil, fmt.Errorf("%w: norms: line %d: more than 100,000 rows", smm.ErrInvalid, line)
		}
		n, err := parseNorm(rec)
		if err != nil {
			return nil, fmt.Errorf("%w: norms: line %d: %w", smm.ErrInvalid, line, err)
		}
		out = append(out, n)
	}
}

func parseNorm(rec []string) (Norm, error) {
	var errs []error
	whole := func(column, text string) int64 {
		if text == "" {
			return 0
		}
		v, err := strconv.ParseInt(text, 10, 64)
		if err != nil || v < 0 {
			errs = append(errs, fmt.Errorf("%s is %q: want a whole number that is not negative", column, text))
		}
		return v
	}
	number := func(column, text string) float64 {
		v, err := strconv.ParseFloat(text, 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			errs = append(errs, fmt.Errorf("%s is %q: want a number with a decimal point, and a fraction where it is a rate", column, text))
		}
		return v
	}
	n := Norm{
		Metric: NormMetric(rec[0]), Platform: rec[1], Sector: rec[2],
		FollowersFrom: whole("followers_from", rec[3]), FollowersTo: whole("followers_to", rec[4]),
		Statistic: Statistic(rec[5]), Low: number("low", rec[6]), High: number("high", rec[7]),
		Edition: int(whole("edition", rec[8])), Period: rec[9], Sample: rec[10], Source: rec[11],
		Evidence: Evidence(rec[12]), ReadIn: rec[13], Note: rec[15],
	}
	var err error
	if n.Read, err = time.Parse(time.DateOnly, rec[14]); err != nil {
		errs = append(errs, fmt.Errorf("read is %q: want a day such as 2026-11-26", rec[14]))
	}
	return n, errors.Join(append(errs, n.check()...)...)
}

func (n Norm) check() []error {
	var errs []error
	want := func(ok bool, format string, args ...any) {
		if !ok {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	want(slices.Contains([]NormMetric{
		NormEngagementRateByFollowers, NormEngagementRateByImpressions, NormEngagementRateByViews, NormFollowerGrowthPer30Days, NormPostsPerWeek,
	}, n.Metric), "metric is %q: see NormMetric", n.Metric)
	want(slices.Contains([]Statistic{StatisticRange, StatisticMedian, StatisticAverage}, n.Statistic), "statistic is %q: see Statistic", n.Statistic)
	want(slices.Contains([]Evidence{EvidencePage, EvidenceSecondHand, EvidenceUnverified}, n.Evidence), "evidence is %q: see Evidence", n.Evidence)
	want(n.Low <= n.High, "low is %v and high %v", n.Low, n.High)
	want(n.Metric == NormPostsPerWeek || (n.Low >= -1 && n.High <= 1), "a rate from %v to %v: want fractions, 0.05 for 5 %%", n.Low, n.High)
	want(n.FollowersTo == 0 || n.FollowersFrom < n.FollowersTo, "followers from %d to %d", n.FollowersFrom, n.FollowersTo)
	want(n.Edition == 0 || (n.Edition >= 2000 && n.Edition <= 2200), "edition is %d: want a year", n.Edition)
	want(n.Source != "", "no source: say who published the figure")
	want(n.Evidence == EvidenceUnverified || n.ReadIn != "", "no page: say where it was read, or call it unverified")
	return errs
}

// NormQuery says which norms are wanted.
type NormQuery struct {
	Metric    NormMetric // required
	Platform  string     // "" is norms for any platform only
	Sector    string     // "" is norms over all sectors only
	Followers int64      // of the account; 0 leaves out norms for accounts of a size
}

// FindNorms returns the norms that fit, the most specific first: those for the
// sector before those over all, then those for the platform before those for any, then the
// newest edition, then the better evidence. None is an empty answer and never
// a guess.
func FindNorms(norms []Norm, q NormQuery) []Norm {
	var out []Norm
	for _, n := range norms {
		sized := n.FollowersFrom > 0 || n.FollowersTo > 0
		inSize := q.Followers > 0 && q.Followers >= n.FollowersFrom && (n.FollowersTo == 0 || q.Followers < n.FollowersTo)
		if n.Metric == q.Metric && (n.Platform == "" || n.Platform == q.Platform) && (n.Sector == "" || n.Sector == q.Sector) && (!sized || inSize) {
			out = append(out, n)
		}
	}
	grade := []Evidence{EvidencePage, EvidenceSecondHand, EvidenceUnverified}
	given := func(s string) int { return min(1, len(s)) }
	slices.SortStableFunc(out, func(a, b Norm) int {
		return cmp.Or(
			cmp.Compare(given(b.Sector), given(a.Sector)), cmp.Compare(given(b.Platform), given(a.Platform)),
			cmp.Compare(b.Edition, a.Edition), cmp.Compare(b.Period, a.Period),
			cmp.Compare(slices.Index(grade, a.Evidence), slices.Index(grade, b.Evidence)),
		)
	})
	return out
}

// Position is where a number lies beside a norm.
type Position string

// The positions. AtNorm is within the range, or equal to a single figure.
const (
	BelowNorm Position = "below"
	AtNorm    Position = "at"
	AboveNorm Position = "above"
)

// Against returns where value lies beside the norm, and its distance to the nearer
// bound, 0 at the norm and negative below it, in the unit of the metric.
func (n Norm) Against(value float64) (Position, float64) {
	switch {
	case value < n.Low:
		return BelowNorm, value - n.Low
	case value > n.High:
		return AboveNorm, value - n.High
	}
	return AtNorm, 0
}

// String names the norm with its source, for people: "2026 Socialinsider, second-hand".
func (n Norm) String() string {
	out := n.Source + ", " + string(n.Evidence)
	if n.Edition > 0 {
		out = strconv.Itoa(n.Edition) + " " + out
	}
	return out
}
