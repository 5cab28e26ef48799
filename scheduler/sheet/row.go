package sheet

import (
	"slices"
	"strings"

	"github.com/smmkit/smmkit/scheduler/civil"
)

// Row is a line of a calendar: one post on one or more channels.
type Row struct {
	Line int // in the file, 1 for the first; 0 for a row that was not read
	ID   string

	Day  civil.Date
	Time civil.Time
	Zone string // IANA name

	Platform string // several are divided by spaces or commas
	Channel  string // several are divided by |
	Type     string

	Title        string
	Text         string
	Thread       []string
	FirstComment string
	Media        []Media
	Link         string
	Language     string

	Labels    []string
	Campaign  string
	Objective string
	Assignee  string
	Topic     string
	Pillar    string
	Brand     string
	Status    string // as written; see State

	Other []Cell // further columns that are not empty, in the order of the file
}

// Media is an asset.
type Media struct {
	Name string
	Alt  string
}

// Cell is the value of a column that this package does not know.
type Cell struct {
	Column string
	Value  string
}

// State is what a status means for importing.
type State string

// The states.
const (
	StateDraft    State = "draft"    // not to be sent yet: it belongs to package workflow
	StateSchedule State = "schedule" // to be sent at its time
	StateDone     State = "done"     // published, or given up: only for the record
)

// states are the statuses that are understood, in lower case.
var states = map[string]State{
	"": StateSchedule, "scheduled": StateSchedule, "approved": StateSchedule, "ready": StateSchedule, "planned": StateSchedule, "queued": StateSchedule,
	"idea": StateDraft, "ideas": StateDraft, "brief": StateDraft, "draft": StateDraft, "drafts": StateDraft, "production": StateDraft,
	"in progress": StateDraft, "doing": StateDraft, "to do": StateDraft, "todo": StateDraft, "backlog": StateDraft,
	"review": StateDraft, "in review": StateDraft, "needs approval": StateDraft, "waiting for approval": StateDraft, "rejected": StateDraft,
	"published": StateDone, "posted": StateDone, "done": StateDone, "live": StateDone, "failed": StateDone,
	"cancelled": StateDone, "canceled": StateDone, "expired": StateDone, "archived": StateDone, "dropped": StateDone,
}

// State returns what the row's status means; false if that is not known. more, if
// not nil, has further statuses in lower case.
func (r *Row) State(more map[string]State) (State, bool) {
	status := strings.ToLower(strings.TrimSpace(r.Status))
	if s, ok := more[status]; ok {
		return s, true
	}
	s, ok := states[status]
	return s, ok
}

// platforms returns the names in Platform.
func (r *Row) platforms() []string {
	return strings.FieldsFunc(r.Platform, func(c rune) bool { return c == ',' || c == ';' || c == ' ' || c == '\n' || c == '|' })
}

// splitList takes a cell with a list apart: at bars and line breaks, where a
// backslash makes a bar or a backslash plain, or else at the commas. Empty elements
// are dropped.
func splitList(cell string) []string {
	var (
		out     []string
		b       strings.Builder
		divided bool
	)
	flush := func() {
		if s := strings.TrimSpace(b.String()); s != "" {
			out = append(out, s)
		}
		b.Reset()
	}
	for i := 0; i < len(cell); i++ {
		switch c := cell[i]; {
		case c == '\\' && i+1 < len(cell) && (cell[i+1] == '|' || cell[i+1] == '\\'):
			i++
			b.WriteByte(cell[i])
		case c == '|' || c == '\n':
			divided = true
			flush()
		default:
			b.WriteByte(c)
		}
	}
	flush()
	if !divided && len(out) == 1 {
		out = strings.Split(out[0], ",")
		for i := range out {
			out[i] = strings.TrimSpace(out[i])
		}
		out = slices.DeleteFunc(out, func(s string) bool { return s == "" })
	}
	return out
}

var listEscaper = strings.NewReplacer(`\`, `\\`, `|`, `\|`)

// joinList is the reverse of splitList.
func joinList(list []string) string {
	escaped := make([]string, len(list))
	for i, s := range list {
		escaped[i] = listEscaper.Replace(s)
	}
	if len(list) == 1 && strings.Contains(list[0], ",") {
		return escaped[0] + " |" // the bar says that the comma divides nothing
	}
	return strings.Join(escaped, " | ")
}

const threadLine = "---"

// splitThread takes the cell of a thread apart.
func splitThread(cell string) []string {
	if cell == "" {
		return nil
	}
	var parts []string
	var lines []string
	for line := range strings.SplitSeq(cell, "\n") {
		switch {
		case line == threadLine:
			parts, lines = append(parts, strings.Join(lines, "\n")), nil
		case isEscapedLine(line):
			lines = append(lines, line[1:])
		default:
			lines = append(lines, line)
		}
	}
	return append(parts, strings.Join(lines, "\n"))
}

// joinThread is the reverse of splitThread.
func joinThread(parts []string) string {
	escaped := make([]string, len(parts))
	for i, p := range parts {
		lines := strings.Split(p, "\n")
		for j, line := range lines {
			if line == threadLine || isEscapedLine(line) {
				lines[j] = `\` + line
			}
		}
		escaped[i] = strings.Join(lines, "\n")
	}
	return strings.Join(escaped, "\n"+threadLine+"\n")
}

// isEscapedLine reports whether a line is the thread line behind backslashes.
func isEscapedLine(line string) bool {
	return strings.HasPrefix(line, `\`) && strings.TrimLeft(line, `\`) == threadLine
}
