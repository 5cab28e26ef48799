package report

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

// inspect reads a page and reports everything in it that could act: elements
// and attributes beyond those that the template has, handlers, and addresses
// with another scheme than those allowed.
func inspect(page string) []string {
	elements := strings.Fields("html head meta title style body main section h1 h2 p figure figcaption svg desc rect text div table caption thead tbody tr th td a span")
	attributes := strings.Fields("lang charset http-equiv content name class id scope href rel role tabindex aria-labelledby aria-label viewBox x y width height rx")
	var found []string
	dec := xml.NewDecoder(strings.NewReader(page))
	dec.Strict, dec.AutoClose, dec.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			return append(found, err.Error())
		}
		switch e := token.(type) {
		case xml.Comment, xml.ProcInst:
			found = append(found, fmt.Sprintf("%T", e))
		case xml.StartElement:
			if !slices.Contains(elements, e.Name.Local) {
				found = append(found, "element "+e.Name.Local)
			}
			for _, a := range e.Attr {
				if !slices.Contains(attributes, a.Name.Local) {
					found = append(found, "attribute "+a.Name.Local)
				}
				if a.Name.Local == "href" && SafeLink(a.Value) == "" {
					found = append(found, "address "+a.Value)
				}
			}
		}
	}
}

// hostile returns a report all of whose strings are s.
func hostile(s string) *Report {
	cell := Cell{Text: s, Link: s, Note: s}
	return &Report{Title: s, Language: s, Summary: []string{s, s}, Sections: []Section{{
		Title: s, Text: []string{s},
		Chart: &Chart{Title: s, Description: s, Label: s, Value: s, Bars: []Bar{{Label: s, Value: num(1.0), Text: s}, {Label: s, Text: s}}},
		Table: &Table{Caption: s, Columns: []Column{{Name: s}, {Name: s, Numeric: true}}, Rows: [][]Cell{{cell, cell}, {cell}}},
	}, {Chart: &Chart{Bars: []Bar{{Label: s, Text: s}}}}}}
}

func pieces() []string {
	return []string{
		"<script>alert(1)</script>", "</style>", "</title>", "</script>", "<svg onload=", `" onmouseover="`, "' onfocus='", "javascript:", "JaVaScRiPt:",
		"data:text/html,", "vbscript:", "&#106;avascript:", "https://", "https://a.example/", "<!--", "-->", "<![CDATA[", "]]>", "{{.}}", "{{define", "}}", "`",
		"${x}", "<a href=", "<iframe src=//x>", "\x00", "\n", "\t", "\u2028", "\u202e", "\\", "/*", "*/", "expression(", "url(", "&lt;", "&", "\xff", "é", "😀", "<base href=//x>",
	}
}

func TestHostileStrings(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	all := pieces()
	n := 2000
	if testing.Short() {
		n = 200
	}
	for range n {
		var s strings.Builder
		for range 1 + rnd.IntN(6) {
			s.WriteString(all[rnd.IntN(len(all))])
		}
		page, text := render(t, hostile(s.String()))
		if problems := inspect(page); len(problems) > 0 {
			t.Fatalf("%q: %q", s.String(), problems)
		}
		if i := strings.IndexAny(text, "\x00\x1b\u202e\u2028"); i >= 0 {
			t.Fatalf("%q: control character in the text form", s.String())
		}
	}
}

func FuzzHostile(f *testing.F) {
	for _, p := range pieces() {
		f.Add(p)
	}
	f.Fuzz(func(t *testing.T, s string) {
		page, _ := render(t, hostile(s))
		if problems := inspect(page); len(problems) > 0 {
			t.Fatalf("%q", problems)
		}
	})
}

// The inspection itself must see what it is there to see.
func TestInspect(t *testing.T) {
	for _, bad := range []string{
		"<script>x</script>", `<p onclick="x">`, `<a href="javascript:x">y</a>`, `<a href="data:x">y</a>`, `<iframe></iframe>`, "<!-- x -->", `<p style="x">`,
	} {
		if len(inspect("<html><body>"+bad+"</body></html>")) == 0 {
			t.Errorf("%s passed", bad)
		}
	}
}

func TestSafeLink(t *testing.T) {
	for link, want := range map[string]bool{
		"https://a.example/x?y=1#z": true, "http://a.example": true, "HTTPS://a.example": true, "mailto:a@b.example": true,
		"": false, "javascript:alert(1)": false, "javascript://a.example/%0aalert(1)": false, "JAVASCRIPT:alert(1)": false, " javascript:alert(1)": false, "java\nscript:x": false,
		"data:text/html,x": false, "vbscript:x": false, "file:///etc/passwd": false, "//a.example": false, "/x": false, "x": false, "https:": false,
		"https:///x": false, `https:\\a.example`: false, "https://user:pw@a.example": false, "https://[::1": false, "mailto:": false, "blob:https://x": false,
	} {
		got := SafeLink(link)
		if (got != "") != want || (got != "" && got != link) {
			t.Errorf("%q: %q", link, got)
		}
	}
}
