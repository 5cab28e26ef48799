package workflowtest

import (
	"fmt"
	"slices"
	"time"

	"github.com/smmkit/smmkit/scheduler/workflow"
)

// testOrder uses IDs that languages and case-blind collations sort otherwise.
func testOrder(s *suite) {
	want := []string{"", "-", "10", "2", "A", "Z", "_", "a", "a b", "ab", "z", "\u00e4", "\U0001f600"}[1:]
	mixed := slices.Clone(want)
	for i := range mixed {
		j := (i * 7) % len(mixed)
		mixed[i], mixed[j] = mixed[j], mixed[i]
	}
	for _, id := range mixed {
		s.put(row("", id))
	}
	s.wantIDs(workflow.Query{}, want...)
	s.wantIDs(workflow.Query{After: "Z"}, "_", "a", "a b", "ab", "z", "\u00e4", "\U0001f600")
}

func testQueries(s *suite) {
	for i, stage := range []string{"idea", "review", "review", "done"} {
		r := row("", fmt.Sprintf("r%d", i))
		r.Stage, r.Due = stage, t0().Add(time.Duration(i)*time.Hour)
		s.put(r)
	}
	s.put(row("", "r4")) // an idea without Due
	hour := func(n int) time.Time { return t0().Add(time.Duration(n) * time.Hour) }
	s.wantIDs(workflow.Query{}, "r0", "r1", "r2", "r3", "r4")
	s.wantIDs(workflow.Query{Stages: []string{"review"}}, "r1", "r2")
	s.wantIDs(workflow.Query{Stages: []string{"done", "idea"}}, "r0", "r3", "r4")
	s.wantIDs(workflow.Query{Stages: []string{"none"}})
	s.wantIDs(workflow.Query{From: hour(1)}, "r1", "r2", "r3")
	s.wantIDs(workflow.Query{Until: hour(1)}, "r0")
	s.wantIDs(workflow.Query{From: hour(1), Until: hour(3)}, "r1", "r2")
	s.wantIDs(workflow.Query{From: hour(2), Stages: []string{"review"}}, "r2")

	moved := row("", "r1") // it is found by what it is now
	moved.Version, moved.Stage, moved.Due = 1, "done", hour(9)
	s.put(moved)
	s.wantIDs(workflow.Query{Stages: []string{"review"}}, "r2")
	s.wantIDs(workflow.Query{From: hour(9)}, "r1")

	n := 0
	for _, err := range s.rows.List(s.Context(), workflow.Query{}) { // a reader may stop
		s.ok(err)
		n++
		break
	}
	if n != 1 {
		s.Fatalf("List went on after its reader stopped")
	}
}

func testMicro(s *suite) {
	r := row("", "a")
	r.Due = t0().Add(123456 * time.Microsecond)
	s.put(r)
	s.wantRow(r)
	s.wantIDs(workflow.Query{From: r.Due}, "a")
	s.wantIDs(workflow.Query{From: r.Due.Add(time.Microsecond)})
	s.wantIDs(workflow.Query{Until: r.Due})
	s.wantIDs(workflow.Query{Until: r.Due.Add(time.Microsecond)}, "a")
	zone := time.FixedZone("elsewhere", 5*3600)
	r.Due = r.Due.In(zone)
	s.put(r)
	s.wantRow(r)
	s.wantIDs(workflow.Query{From: r.Due.UTC()}, "a")
	s.wantIDs(workflow.Query{Until: r.Due.UTC()})
}

func testPages(s *suite) {
	const n = 137
	var want []string
	for i := range n {
		r := row("", fmt.Sprintf("r%03d", i))
		if i%3 == 0 {
			r.Stage = "review"
		} else {
			want = append(want, r.ID)
		}
		s.put(r)
	}
	for _, size := range []int{1, 10, len(want), n} {
		var got []string
		q := workflow.Query{Stages: []string{"idea"}, Limit: size}
		for {
			page := s.ids(q)
			if len(page) > size {
				s.Fatalf("a page of %d rows with a limit of %d", len(page), size)
			}
			got = append(got, page...)
			if len(page) < size || len(got) > n {
				break
			}
			q.After = page[len(page)-1]
		}
		if !slices.Equal(got, want) {
			s.Fatalf("pages of %d give %d rows %q, want %d", size, len(got), got, len(want))
		}
	}
}

func testListWrites(s *suite) {
	const n = 20
	for i := range n {
		s.put(row("", fmt.Sprintf("r%02d", i)))
	}
	seen := 0
	for r, err := range s.rows.List(s.Context(), workflow.Query{}) {
		s.ok(err)
		seen++
		r.Stage = "seen"
		s.put(r)
	}
	if seen != n {
		s.Fatalf("a reader that writes saw %d rows of %d", seen, n)
	}
	if got := s.ids(workflow.Query{Stages: []string{"seen"}}); len(got) != n {
		s.Fatalf("of %d rows that were written, %d are", n, len(got))
	}
}
