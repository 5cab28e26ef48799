package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// TestAuditMissesNothing takes away one item after the other of what the public
// saw, and one part of each: whatever is not there as it was planned is lost.
func TestAuditMissesNothing(t *testing.T) {
	p, err := loadPlan("")
	require.NoError(t, err)
	d := &desk{plan: p, stage: &stage{}}
	for _, pf := range platforms {
		d.stage.logins = append(d.stage.logins, login{platform: pf.name, handle: "bakery"})
	}
	var due []*row
	var seen []sim.Item
	forms := make(map[string]map[smm.Platform]bool)
	for i := range p.rows {
		r := &p.rows[i]
		if len(r.Problems) > 0 {
			continue
		}
		due = append(due, r)
		for _, pf := range r.Channels {
			for _, f := range formsOf(r) {
				if forms[f] == nil {
					forms[f] = make(map[smm.Platform]bool)
				}
				forms[f][pf] = true
			}
			for n, part := range r.parts() {
				i := sim.Item{Platform: pf, Account: "bakery", Text: part.Text}
				if n > 0 || r.ReplyTo != "" {
					i.Parent = "1"
				}
				for _, m := range part.Media {
					i.Media = append(i.Media, m.Hash)
				}
				seen = append(seen, i)
			}
		}
	}
	require.Empty(t, d.lost(due, seen))
	for n := range seen {
		require.Len(t, d.lost(due, slices.Delete(slices.Clone(seen), n, n+1)), 1, "%+v", seen[n])
		for _, spoil := range []func(*sim.Item){
			func(i *sim.Item) { i.Text += " " },
			func(i *sim.Item) { i.Media = append(slices.Clone(i.Media), "another") },
			func(i *sim.Item) { i.Visitor = true },
			func(i *sim.Item) { i.Account = "lighthouse" },
			func(i *sim.Item) { i.Platform = "friendster" },
			func(i *sim.Item) {
				if i.Parent += "1"; len(i.Parent) > 1 {
					i.Parent = ""
				}
			},
		} {
			other := slices.Clone(seen)
			spoil(&other[n])
			require.Len(t, d.lost(due, other), 1, "%+v", other[n])
		}
	}

	// The calendar is what shows the platforms' forms: it has all of them.
	counts := make(map[string]int)
	for f, on := range forms {
		counts[f] = len(on)
	}
	require.Equal(t, map[string]int{
		"text": 6, "card": 5, "picture": 6, "pictures": 6, "film": 5, "reel": 2, "story": 2,
		"poll": 3, "quote": 3, "thread": 4, "reply": 5, "first comment": 6,
	}, counts)
}

// formsOf names the forms of a row.
func formsOf(r *row) []string {
	p := &r.Post
	film := len(p.Media) > 0 && p.Media[0].Name == "oven.mp4"
	var out []string
	for name, is := range map[string]bool{
		"text": len(p.Media) == 0, "card": p.Card != nil, "picture": len(p.Media) == 1 && !film && r.Format == "", "pictures": len(p.Media) > 1,
		"film": film && r.Format == "", "reel": film && r.Format == "reel", "story": r.Format == "story", "poll": p.Poll != nil,
		"quote": r.Quotes != "", "thread": len(p.Thread) > 0, "reply": r.ReplyTo != "", "first comment": p.FirstComment != "",
	} {
		if is {
			out = append(out, name)
		}
	}
	return out
}

// TestHurry moves the clock when all there is to do is wait, and never while a
// delivery is being worked on.
func TestHurry(t *testing.T) {
	web := simulators(t)
	s := &stage{control: newControl(web.URL()), clock: new(clock)}
	require.NoError(t, s.setClock(t.Context()))
	d := &desk{stage: s}
	now := s.clock.Now()
	record := func(wake, lease time.Duration) *scheduler.Record {
		r := &scheduler.Record{Delivery: smm.Delivery{Phase: smm.PhasePreparing, Wake: now.Add(wake)}}
		if lease != 0 {
			r.LeaseUntil = now.Add(lease)
		}
		return r
	}
	hurried := func(records ...*scheduler.Record) time.Duration {
		before := s.clock.Now()
		require.NoError(t, d.hurry(t.Context(), records))
		require.InDelta(t, 0, web.World().Clock.Now().Sub(s.clock.Now()), float64(time.Second), "both clocks show the same")
		return s.clock.Now().Sub(before).Round(time.Minute)
	}
	require.Zero(t, hurried())
	require.Zero(t, hurried(record(time.Hour, 0), record(0, 0)), "something is due")
	require.Zero(t, hurried(record(time.Hour, 0), record(0, time.Minute)), "something is being done")
	require.Zero(t, hurried(record(time.Hour, time.Minute)))
	require.Equal(t, time.Hour, hurried(record(time.Hour, 0), record(2*time.Hour, 0)))
	require.Zero(t, hurried(record(time.Hour, 0)), "that time has come")
}

// TestTokensEnd goes on when sessions and tokens of the first run are over.
func TestTokensEnd(t *testing.T) {
	t.Parallel()
	web, data := simulators(t), t.TempDir()
	args := []string{"-hurry", "-connect", web.URL(), "-data", data, "-step", "10ms"}
	requireWhole(t, web, finish(t, nil, args...))
	for range 2 { // what renews them is spent by that: the next one must have been kept
		web.World().Clock.Advance(3 * time.Hour)
		requireWhole(t, web, finish(t, nil, args...))
	}
}

// TestRowsThatHangOnOthers stops what would answer or quote a post that does not
// go out.
func TestRowsThatHangOnOthers(t *testing.T) {
	dir := copyOfFiles(t)
	row := func(id, at, approved, replyTo, quote string) string {
		return id + ",2026-12-01 " + at + ",bluesky," + approved + ",en,,The text of " + id + ",,,,,,,," + replyTo + "," + quote + "\n"
	}
	require.NoError(t, os.WriteFile(filepath.Join(dir, "visitors.json"), []byte("[]"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "calendar.csv"), []byte(strings.Join(columns, ",")+"\n"+
		row("held", "08:00", "no", "", "")+row("answer", "09:00", "yes", "held", "")+row("quote", "10:00", "yes", "", "held")+
		row("further", "11:00", "yes", "answer", "")+row("fine", "12:00", "yes", "", "")), 0o600))
	code, out, errOut := runHere(t, nil, "-files", dir, "-data", t.TempDir(), "-step", "1ms", "-json")
	require.Zero(t, code, errOut)
	o := read(t, []byte(out))
	require.Equal(t, 1, o.Published)
	require.Equal(t, 3, o.Stopped)
	require.Equal(t, 1, o.NotApproved)
	var rows []string
	for _, f := range o.FindingList {
		require.Contains(t, f.Message, "does not go out")
		rows = append(rows, f.Row)
	}
	require.Equal(t, []string{"answer", "quote", "further"}, rows)
}
