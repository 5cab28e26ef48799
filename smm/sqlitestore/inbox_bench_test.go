package sqlitestore_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"testing"

	"github.com/smmkit/smmkit/smm/inbox"
)

func BenchmarkInboxAppend(b *testing.B) {
	for _, callers := range []int{1, 16} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "smm.db")).Inbox()
			var wg sync.WaitGroup
			b.ResetTimer()
			for c := range callers {
				wg.Go(func() {
					for i := c; i < b.N; i += callers {
						if _, err := s.Append(b.Context(), shop, heard(strconv.Itoa(i/10), i)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "items/s")
		})
	}
}

// BenchmarkInboxFirstPage lists what a person sees first of an inbox in which
// every conversation still waits.
func BenchmarkInboxFirstPage(b *testing.B) {
	const n = 20_000
	s := open(b, filepath.Join(b.TempDir(), "smm.db")).Inbox()
	for begin := 0; begin < n; begin += 2000 {
		many(b, s, begin, 2000, strconv.Itoa)
	}
	for name, q := range map[string]inbox.Query{
		"all":  {},
		"open": {States: []inbox.State{inbox.StateOpen}, Unanswered: true},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				seen := 0
				for _, err := range s.List(b.Context(), shop, q) {
					if err != nil {
						b.Fatal(err)
					}
					if seen++; seen == 50 {
						break
					}
				}
			}
		})
	}
}

// TestInboxRowsAreCompact measures what an item costs beyond its own JSON and
// that of its conversation, of which there is one for ten items.
func TestInboxRowsAreCompact(t *testing.T) {
	const n, limit = 3000, 200
	path := filepath.Join(t.TempDir(), "smm.db")
	db := open(t, path)
	post := func(i int) string { return strconv.Itoa(i / 10) }
	many(t, db.Inbox(), 0, n, post)
	payload := 0
	add := func(v any) {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		payload += len(b)
	}
	for _, c := range all(t, db.Inbox().List(t.Context(), shop, inbox.Query{})) {
		add(c)
	}
	for i := range n {
		add(heard(post(i), i))
	}
	if err := db.Close(); err != nil { // folds the log into the file
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	beyond := (int(info.Size()) - payload) / n
	t.Logf("%d bytes an item, %d of them JSON", int(info.Size())/n, payload/n)
	if beyond > limit {
		t.Errorf("%d bytes an item beyond the JSON, want at most %d", beyond, limit)
	}
}
