package mastodon_test

import (
	"encoding/json"
	"fmt"
	"iter"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/contract/deviate"
	"github.com/smmkit/smmkit/internal/contract/entity"
	"github.com/smmkit/smmkit/internal/contract/lexicon"
	"github.com/smmkit/smmkit/internal/contract/wire"
)

// tally counts mistakes of one side of the wire.
type tally struct{ deviate.Tally[entity.Problem] }

func newTally(side string) *tally { return &tally{deviate.Tally[entity.Problem]{Side: side}} }

// fits reports whether the value that a swap put in is of the documented type.
func fits(typ string, m deviate.Mistake) bool {
	switch now := m.Now().(type) {
	case string:
		return typ == "string" || typ == "id"
	case bool:
		return typ == "boolean"
	case json.Number:
		return typ == "number" || typ == "integer" && now == "7"
	case []any:
		return typ == "[string]" || typ == "[id]"
	case map[string]any:
		return typ == "object"
	}
	return false
}

var index = regexp.MustCompile(`/\d+`)

// answers makes every mistake at every documented place of an answer.
func (c *tally) answers(typ string, v any, sites iter.Seq[entity.Site], seen map[string]bool, check func(any) []entity.Problem) {
	for s := range sites {
		place := typ + " " + s.Type + " " + index.ReplaceAllString(deviate.Path(s.Path), "/*")
		if seen[place] {
			continue
		}
		seen[place] = true
		v, path := deviate.Focus(v, s.Path)
		if s.Property {
			m := deviate.Remove(v, path)
			if s.Required {
				c.Must(typ+m.String(), check(m.Value))
			} else {
				c.May(typ+m.String(), check(m.Value))
			}
			m = deviate.Rename(v, path)
			c.Must(typ+m.String(), check(m.Value))
		}
		for _, m := range deviate.Swap(v, path) {
			switch {
			case s.Nullable && m.Null():
				c.May(typ+m.String(), check(m.Value))
			case fits(s.Type, m): // no mistake: null gave way to what is documented
			default:
				c.Must(typ+m.String(), check(m.Value))
			}
		}
	}
}

// requests makes mistakes in the parameters of a request: each left out, each
// renamed, each of another type.
func (c *tally) requests(key string, e wire.Exchange, seen map[string]bool, sheet *entity.Sheet) error {
	p, err := params(e)
	if err != nil {
		return err
	}
	for name, values := range p {
		place := key + " " + name
		if seen[place] {
			continue
		}
		seen[place] = true
		f := sheet.Methods[key].Params[name]
		delete(p, name)
		if f.Required {
			c.Must(place+" missing", sheet.Request(key, p))
		} else {
			c.May(place+" missing", sheet.Request(key, p))
		}
		typo := name + "x"
		p[typo] = values
		c.Must(place+" renamed", sheet.Request(key, p))
		delete(p, typo)
		if f.Type == "integer" || f.Type == "boolean" || f.Type == "datetime" || len(f.Values) > 0 {
			p[name] = []string{"seven"}
			c.Must(place+" swapped", sheet.Request(key, p))
		}
		p[name] = values
	}
	return nil
}

// TestDeviationsAreCaught takes the exchanges of the whole run, makes one mistake
// at a time in each, and expects every one to be seen that the sheet has a word
// about; and what it allows to pass.
func TestDeviationsAreCaught(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand checks of one goroutine: nothing for the race detector")
	}
	b := drive(t)
	require.Empty(t, b.judge.wrong)
	sheet := b.judge.sheet
	sent, got := newTally("parameters"), newTally("answers")
	seen := make(map[string]bool)
	for _, e := range b.recorder.Exchanges() {
		key := b.judge.key(e)
		require.NoError(t, sent.requests(key, e, seen, sheet))
		v, err := lexicon.Decode(e.Got)
		if err != nil {
			continue
		}
		typ := sheet.Methods[key].Returns
		if !e.OK() {
			typ = "Error"
		}
		if typ != "" {
			got.answers(typ, v, sheet.Sites(typ, v), seen, func(v any) []entity.Problem { return sheet.Value(typ, v) })
		}
	}
	for _, c := range []*tally{sent, got} {
		require.Empty(t, c.Missed, c.Side)
		t.Log(c)
	}
	require.Greater(t, sent.Made, 100)
	require.Greater(t, got.Made, 3000)
}

// TestVersionsCount shows that a field of a later version is as wrong as one that
// does not exist, and one of an earlier version as missing.
func TestVersionsCount(t *testing.T) {
	b := open(t)
	posts := b.portable()
	raw, err := b.vendor.Statuses.Get(t.Context(), id(posts["text"].Post.ID))
	require.NoError(t, err)
	v, err := lexicon.Decode(raw.Raw)
	require.NoError(t, err)
	for version, want := range map[string]string{
		"4.5.2": "",
		"4.4.0": "Status.quotes_count is of another version: since 4.5.0",
		"4.0.0": "Status.quote is of another version: since 4.4.0",
		"2.7.0": "Status.poll is of another version: since 2.8.0",
		"4.6.0": "tagged_collections of Status is missing",
	} {
		s, err := sheet(t).At(version)
		require.NoError(t, err)
		found := fmt.Sprint(s.Value("Status", v))
		if want == "" {
			require.Equal(t, "[]", found)
		} else {
			require.Contains(t, found, want, version)
		}
	}
}

func encode(t testing.TB, v any) []byte {
	t.Helper()
	b, err := json.Marshal(v)
	require.NoError(t, err)
	return b
}
