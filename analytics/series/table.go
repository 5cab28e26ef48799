package series

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/smmkit/smmkit/smm"
)

// Column declares one metric of a table.
type Column struct {
	Name smm.MetricName
	Unit smm.Unit // smm.UnitCount if empty
	// Currency is the ISO 4217 code, demanded of smm.UnitMicros. Two currencies
	// are two tables, or one after a conversion at a rate of your choice.
	Currency string
}

// Cell is one number of a row. The zero Cell is not reported.
type Cell struct {
	Value int64 // in the unit of the column, not negative; read in the known states only
	State smm.MetricState
}

// Counted is the cell of a number that the platform counted.
func Counted(n int64) Cell { return Cell{Value: n, State: smm.Counted(n)} }

// Row is what one post (or channel) got within one day or hour.
type Row struct {
	Channel     smm.Ref
	Post        smm.Ref   // zero for numbers of the channel itself
	At          time.Time // an instant of the day and hour that the numbers belong to
	Campaign    string
	ContentType string
	Labels      []string // their order and repetitions do not matter; they are copied
	Values      []Cell   // one for each column; fewer leave the rest not reported
}

// Table holds rows by column: 8 bytes and a state byte for each number, and 26
// bytes of keys. Reading is safe for concurrent use, Append excludes all else.
type Table struct {
	columns  []Column
	index    map[smm.MetricName]int
	zone     *time.Location
	rows     int
	min, max Day
	most     []int64 // the largest value of each column

	channels  refDict
	posts     refDict
	campaigns wordDict
	types     wordDict
	sets      setDict

	chunks []*chunk
}

// chunkRows is large enough to make the chunks' own cost vanish. Chunks keep
// Append from copying what is there already.
const chunkRows = 1 << 14

type chunk struct {
	n                                        int
	channel, post, day, campaign, kind, sets []uint32
	hour                                     []uint8
	odd                                      []uint8 // bit c%8: the number of column c is not a plain count
	values                                   [][]int64
	states                                   [][]state
}

func newChunk(columns int) *chunk {
	keys := make([]uint32, 6*chunkRows)
	next := func() []uint32 {
		var k []uint32
		k, keys = keys[:chunkRows:chunkRows], keys[chunkRows:]
		return k
	}
	c := &chunk{
		channel: next(), post: next(), day: next(), campaign: next(), kind: next(), sets: next(),
		hour: make([]uint8, chunkRows), odd: make([]uint8, chunkRows),
		values: make([][]int64, columns), states: make([][]state, columns),
	}
	for i := range columns {
		c.values[i] = make([]int64, chunkRows)
		c.states[i] = make([]state, chunkRows)
	}
	return c
}

// New returns an empty table. Days and hours are those of zone, UTC if nil.
// Errors match smm.ErrInvalid: no column or one twice, money without a currency
// or a currency without money, and what cannot be added up: levels such as
// followers (see analytics.FollowerGrowth) and rates in smm.UnitPPM.
func New(columns []Column, zone *time.Location) (*Table, error) {
	if zone == nil {
		zone = time.UTC
	}
	t := &Table{columns: slices.Clone(columns), index: make(map[smm.MetricName]int, len(columns)), zone: zone, most: make([]int64, len(columns))}
	if len(columns) == 0 {
		return nil, fmt.Errorf("%w: a table needs a column", smm.ErrInvalid)
	}
	for i, c := range t.columns {
		if c.Unit == "" {
			c.Unit = smm.UnitCount
			t.columns[i] = c
		}
		if err := c.check(); err != nil {
			return nil, err
		}
		if _, ok := t.index[c.Name]; ok {
			return nil, fmt.Errorf("%w: two columns are called %s", smm.ErrInvalid, c.Name)
		}
		t.index[c.Name] = i
	}
	return t, nil
}

func (c Column) check() error {
	switch {
	case c.Name == "":
		return fmt.Errorf("%w: a column has no name", smm.ErrInvalid)
	case (c.Unit == smm.UnitMicros) != (c.Currency != ""):
		return fmt.Errorf("%w: column %s: money has smm.UnitMicros and a currency, and nothing else has one", smm.ErrInvalid, c.Name)
	case isLevel(c.Name):
		return fmt.Errorf("%w: column %s is a level, and levels of several days cannot be added: use analytics.FollowerGrowth", smm.ErrInvalid, c.Name)
	case c.Unit == smm.UnitPPM:
		return fmt.Errorf("%w: column %s is a rate, and rates cannot be added: take both of its sides, and a Ratio", smm.ErrInvalid, c.Name)
	}
	return nil
}

func isLevel(n smm.MetricName) bool {
	return n == smm.MetricFollowers || n == smm.MetricFollowing || n == smm.MetricPosts
}

// Columns returns a copy of the columns.
func (t *Table) Columns() []Column { return slices.Clone(t.columns) }

// Len returns the number of rows.
func (t *Table) Len() int { return t.rows }

// Period returns the days from the first to the last row; false without rows.
func (t *Table) Period() (Period, bool) { return Period{t.min, t.max + 1}, t.rows > 0 }

// Append adds a row, which it does not keep. The table does not know whether
// two rows count the same thing: RowsOf sorts that out for platforms' metrics.
// Errors match smm.ErrInvalid and leave the table as it was: no channel, a time
// outside of 1970 to 2199, a negative number, more values than columns.
func (t *Table) Append(r *Row) error {
	sec := r.At.Unix()
	if t.zone != time.UTC {
		_, offset := r.At.In(t.zone).Zone()
		sec += int64(offset)
	}
	if sec < 0 || sec >= (int64(lastDay)+1)*secondsPerDay || r.Channel.IsZero() || len(r.Values) > len(t.columns) || !inRange(r.Values) {
		return t.refuse(r)
	}
	n := t.rows % chunkRows
	if n == 0 {
		t.chunks = append(t.chunks, newChunk(len(t.columns)))
	}
	c := t.chunks[len(t.chunks)-1]
	day := Day(sec / secondsPerDay)
	c.channel[n] = t.channels.code(&r.Channel)
	c.post[n] = t.posts.code(&r.Post)
	c.day[n] = uint32(day)
	c.hour[n] = uint8(sec % secondsPerDay / secondsPerHour)
	c.campaign[n] = t.campaigns.code(r.Campaign)
	c.kind[n] = t.types.code(r.ContentType)
	c.sets[n] = t.sets.code(r.Labels)
	c.odd[n] = t.put(c, n, r.Values)
	c.n = n + 1
	if t.rows == 0 {
		t.min, t.max = day, day
	}
	t.min, t.max = min(t.min, day), max(t.max, day)
	t.rows++
	return nil
}

// put stores the numbers and returns which of them are no plain counts.
func (t *Table) put(c *chunk, n int, cells []Cell) uint8 {
	var odd uint8
	for i := range t.columns {
		s, v := notReported, int64(0)
		if i < len(cells) {
			s = stateOf(cells[i].State)
			if s == measured || s == estimated {
				v = cells[i].Value
			}
		}
		if s > zero {
			odd |= 1 << (i % 8)
		}
		c.values[i][n], c.states[i][n] = v, s
		if v > t.most[i] {
			t.most[i] = v
		}
	}
	return odd
}

func inRange(cells []Cell) bool {
	for i := range cells {
		if cells[i].Value < 0 && cells[i].State.Known() {
			return false
		}
	}
	return true
}

func (t *Table) refuse(r *Row) error {
	switch {
	case r.Channel.IsZero():
		return fmt.Errorf("%w: row %d: set Channel", smm.ErrInvalid, t.rows)
	case len(r.Values) > len(t.columns):
		return fmt.Errorf("%w: row %d has %d values, and the table %d columns", smm.ErrInvalid, t.rows, len(r.Values), len(t.columns))
	case !inRange(r.Values):
		return fmt.Errorf("%w: row %d of %s has a negative number, and counts and spend are not negative", smm.ErrInvalid, t.rows, r.Channel)
	}
	return fmt.Errorf("%w: row %d of %s: At is %s: set a time within 1970 to 2199", smm.ErrInvalid, t.rows, r.Channel, r.At.Format(time.DateOnly))
}

// fits reports whether no sum of the columns can overflow.
func (t *Table) fits(columns ...int) bool {
	var sum float64
	for _, c := range columns {
		sum += float64(t.most[c])
	}
	return sum*float64(t.rows) < math.MaxInt64/2
}
