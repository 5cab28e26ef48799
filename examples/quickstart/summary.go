package main

import (
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
)

// summary is what a run came to, and with -json what it prints. All numbers are
// of the whole campaign, not of this process: a run that finds everything done
// prints the same as the one that did it.
type summary struct {
	Mode        string                 `json:"mode"`      // own, connect or live
	Scheduled   int                    `json:"scheduled"` // items: a post on two channels is two, each part of a thread is one
	Published   int                    `json:"published"` // of these
	Lost        *int                   `json:"lost"`      // of these, as the public saw it; null on the real thing
	Duplicated  *int                   `json:"duplicated"`
	Findings    int                    `json:"findings"`
	Stopped     int                    `json:"stopped"`      // rows that a finding stopped
	NotApproved int                    `json:"not_approved"` // rows that wait for approval
	Moderated   int                    `json:"moderated"`    // comments that something was done about
	Answered    int                    `json:"answered"`
	KPIs        []analytics.ChannelKPI `json:"kpis"`
	Report      string                 `json:"report"`
	Data        string                 `json:"data"`
	FindingList []note                 `json:"finding_list"`
	LostList    []string               `json:"lost_list,omitempty"`
	Failed      []string               `json:"failed,omitempty"` // what is not public, and why

	due     []*row              // rows that went out
	records []*scheduler.Record // their deliveries, by planned time
	names   map[smm.Ref]string  // of the channels
}

// note is a finding about a row of the calendar.
type note struct {
	Row      string       `json:"row"`
	Line     int          `json:"line"`
	Platform smm.Platform `json:"platform,omitempty"` // none: the same everywhere
	Severity smm.Severity `json:"severity"`
	Code     string       `json:"code"`
	Path     string       `json:"path,omitempty"` // a column of the calendar, or a field of the post
	Message  string       `json:"message"`
}

// Err says why the run is no success, or nil.
func (s *summary) Err() error {
	var errs []error
	for _, f := range s.Failed {
		errs = append(errs, errors.New("not public: "+f))
	}
	for _, l := range s.LostList {
		errs = append(errs, errors.New("lost: "+l))
	}
	if s.Duplicated != nil && *s.Duplicated > 0 {
		errs = append(errs, fmt.Errorf("the public saw %d items twice", *s.Duplicated))
	}
	return errors.Join(errs...)
}

// table writes rows with aligned columns.
func table(w io.Writer, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rows {
		if _, err := fmt.Fprintln(tw, "  "+strings.Join(r, "\t")); err != nil {
			return err
		}
	}
	return tw.Flush()
}

// findingRows lays out findings, the worst first to catch the eye in a terminal.
func findingRows(notes []note) [][]string {
	var rows [][]string
	for _, s := range []smm.Severity{smm.SeverityError, smm.SeverityWarning, smm.SeverityInfo} {
		for _, n := range notes {
			if n.Severity != s {
				continue
			}
			where := string(n.Platform)
			if where == "" {
				where = "everywhere"
			}
			rows = append(rows, []string{string(s), "line " + strconv.Itoa(n.Line), n.Row, where, n.Path, n.Message})
		}
	}
	return rows
}

// kpiRows lays out the key figures.
func kpiRows(s *summary) [][]string {
	rows := make([][]string, 0, 1+len(s.KPIs))
	rows = append(rows, []string{"CHANNEL", "POSTS", "FOLLOWERS", "LIKES", "COMMENTS", "SHARES", "ENGAGEMENT RATE BY FOLLOWERS"})
	for _, k := range s.KPIs {
		rate := "n/a"
		if k.EngagementRateByFollowers.Value != nil {
			rate = fmt.Sprintf("%.1f %%", 100**k.EngagementRateByFollowers.Value)
		}
		row := []string{s.names[k.Channel], strconv.Itoa(k.Posts)}
		for _, n := range []analytics.Number{k.Followers, k.Likes, k.Comments, k.Shares} {
			row = append(row, numberText(n))
		}
		rows = append(rows, append(row, rate))
	}
	return rows
}

// numberText prints a number as what it is worth: unknown is not 0, and a sum
// with gaps is a lower bound.
func numberText(n analytics.Number) string {
	switch {
	case n.Value == nil:
		return "n/a"
	case n.State == analytics.StateIncomplete:
		return "at least " + strconv.FormatInt(*n.Value, 10)
	}
	return strconv.FormatInt(*n.Value, 10)
}

// write prints the summary for people.
func (s *summary) write(w io.Writer) error {
	if err := table(w, kpiRows(s)); err != nil {
		return err
	}
	lost := "unknown on real accounts"
	if s.Lost != nil {
		lost = fmt.Sprintf("%d lost, %d duplicated", *s.Lost, *s.Duplicated)
	}
	return table(w, [][]string{
		{""},
		{"Scheduled", strconv.Itoa(s.Scheduled)},
		{"Published", strconv.Itoa(s.Published)},
		{"As the public saw it", lost},
		{"Comments moderated", strconv.Itoa(s.Moderated)},
		{"Questions answered", strconv.Itoa(s.Answered)},
		{"Report", s.Report},
	})
}

// shorten cuts a text for a line on a screen. Line breaks and control
// characters become spaces: strangers wrote some of it.
func shorten(s string, n int) string {
	r := []rune(strings.Join(strings.FieldsFunc(s, func(c rune) bool { return c <= ' ' || c == 0x7f }), " "))
	if len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return string(r)
}
