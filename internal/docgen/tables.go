package main

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm"
)

func platformTable(reports []report) string {
	var b strings.Builder
	b.WriteString("| platform | covers | text | images | video | limits read |\n| --- | --- | --- | --- | --- | --- |\n")
	for _, r := range reports {
		l := r.caps.Limits()
		fmt.Fprintf(&b, "| [%s](platforms/%s) | %s | %s | %s | %s | %s |\n", r.title, r.platform, r.scope,
			textLimit(l.Text), amount(l.Media.MaxImages, l.Media.ImageBytes), amount(l.Media.MaxVideos, l.Media.VideoBytes), l.Date.Format(time.DateOnly))
	}
	return b.String()
}

func textLimit(l smm.TextLimits) string {
	s := fmt.Sprintf("%d %s", l.Max, l.Unit)
	if l.Bytes > 0 {
		s += fmt.Sprintf(", %d bytes", l.Bytes)
	}
	if l.URL > 0 {
		s += fmt.Sprintf(", a link counts %d", l.URL)
	}
	return s
}

func amount(n int, bytes int64) string {
	s := "any number"
	if n > 0 {
		s = fmt.Sprintf("up to %d", n)
	}
	if bytes > 0 {
		s += fmt.Sprintf(", %.1f MB each", float64(bytes)/1e6)
	}
	return s
}

func capabilityTable(reports []report) string {
	var names []smm.Capability
	for _, r := range reports {
		for x := range r.caps.All() {
			names = append(names, x)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)

	var b strings.Builder
	b.WriteString("| capability |")
	for _, r := range reports {
		b.WriteString(" " + r.title + " |")
	}
	b.WriteString("\n| --- |" + strings.Repeat(" --- |", len(reports)) + "\n")
	for _, x := range names {
		b.WriteString("| `" + string(x) + "` |")
		for _, r := range reports {
			b.WriteString(" " + mark(r.caps.Support(x)) + " |")
		}
		b.WriteString("\n")
	}
	return b.String()
}

func mark(s smm.Support) string {
	switch s.State {
	case smm.StateGranted:
		return "yes"
	case smm.StateNever:
		return "–"
	}
	return string(s.State)
}

// creates are the capabilities whose support carries a guarantee.
var creates = []struct {
	capability smm.Capability
	kind       smm.CreateKind
}{
	{smm.CapPost, smm.CreatePost}, {smm.CapReply, smm.CreateReply},
	{smm.CapMessage, smm.CreateMessage}, {smm.CapReviewAnswer, smm.CreateReviewAnswer},
}

func guaranteeTable(reports []report) string {
	var b strings.Builder
	b.WriteString("| platform | create | guarantee | if the process dies in the middle of a commit |\n| --- | --- | --- | --- |\n")
	for _, r := range reports {
		for _, c := range creates {
			s := r.caps.Support(c.capability)
			if s.State != smm.StateGranted || s.Guarantee == nil {
				continue
			}
			class := string(s.Guarantee.Class)
			if note := r.notes[c.kind]; note != "" {
				class += " (" + note + ")"
			}
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.title, c.kind, class, afterCrash(*s.Guarantee))
		}
	}
	return b.String()
}

func afterCrash(g smm.Guarantee) string {
	quiet := (g.RequestLife + g.ReadLag).Round(time.Second)
	switch g.Class {
	case smm.ClassKey:
		window := "at any time"
		if g.KeyWindow > 0 {
			window = "for " + g.KeyWindow.String() + ", after that it is looked for"
		}
		return "the same key is sent again, " + window + ": never two, never none"
	case smm.ClassHandle:
		return "the handle's state decides: never two, never none"
	case smm.ClassReadBack:
		return fmt.Sprintf("it is looked for until %s after the deadline, and sent again only if it is not there", quiet)
	}
	return "a person decides"
}
