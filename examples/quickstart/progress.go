package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
)

// screen is how the program talks. Results go to the standard output, what it
// is doing goes to the standard error; with -json the standard output has the
// summary alone. A bar is drawn on a terminal, lines are written elsewhere.
type screen struct {
	json     bool
	out, err io.Writer
	terminal bool

	mu   sync.Mutex // the scheduler reports from goroutines of its own
	bar  string     // drawn on the last line now
	last string     // the last line about progress, not to repeat it
}

func newScreen(o options, out, errOut io.Writer) *screen {
	s := &screen{json: o.json, out: out, err: errOut}
	if f, ok := errOut.(*os.File); ok && os.Getenv("TERM") != "dumb" {
		info, err := f.Stat()
		s.terminal = err == nil && info.Mode()&os.ModeCharDevice != 0
	}
	return s
}

// results is where results for people go.
func (s *screen) results() io.Writer {
	if s.json {
		return s.err
	}
	return s.out
}

// A screen that is gone is no reason to stop publishing, so errors of writing
// to it are ignored until the summary, which is a result.

// say tells what is going on.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	_, _ = fmt.Fprintf(s.err, "  "+format+"\n", args...)
	s.draw()
}

// heading begins a step.
func (s *screen) heading(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	s.bar, s.last = "", ""
	_, _ = fmt.Fprintf(s.err, "\n"+format+"\n", args...)
}

// findings prints a list of findings.
func (s *screen) findings(notes []note) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.erase()
	_ = table(s.results(), findingRows(notes))
}

const barWidth = 32

// progress shows how far a step is.
func (s *screen) progress(what string, done, total int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	text := fmt.Sprintf("%d of %d %s", done, total, what)
	if text == s.last || total == 0 {
		return
	}
	s.last = text
	if !s.terminal {
		_, _ = fmt.Fprintf(s.err, "  %s\n", text)
		return
	}
	full := barWidth * done / total
	s.erase()
	s.bar = "  [" + strings.Repeat("#", full) + strings.Repeat(".", barWidth-full) + "] " + text
	s.draw()
	if done == total {
		_, _ = fmt.Fprintln(s.err)
		s.bar = ""
	}
}

func (s *screen) erase() {
	if s.bar != "" {
		_, _ = io.WriteString(s.err, "\r\x1b[K")
	}
}

func (s *screen) draw() {
	if s.bar != "" {
		_, _ = io.WriteString(s.err, "\r"+s.bar)
	}
}

// finish prints the summary.
func (s *screen) finish(sum *summary) error {
	if s.json {
		return json.NewEncoder(s.out).Encode(sum)
	}
	s.heading("Key figures")
	return sum.write(s.out)
}
