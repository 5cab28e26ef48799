package utm

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

const shopTags = "utm_source=linkedin&utm_medium=social&utm_campaign=spring&utm_content=post_none"

func shop(t testing.TB) *Book {
	c := Social()
	c.Only, c.Never = []string{".example.com", "bücher.example"}, []string{"go.example.com"}
	return open(t, c)
}

func TestFindLinks(t *testing.T) {
	for text, want := range map[string][]string{
		"":                                               nil,
		"no link":                                        nil,
		"https://a.example":                              {"https://a.example"},
		"See https://a.example/x.":                       {"https://a.example/x"},
		"See (https://a.example/x_(y)), or":              {"https://a.example/x_(y)"},
		"[https://a.example/?q=1]!":                      {"https://a.example/?q=1"},
		"HTTPS://A.example/X, http://b.example":          {"HTTPS://A.example/X", "http://b.example"},
		"こちらhttps://a.example/あ。次":                       {"https://a.example/あ"},
		"“https://a.example/”":                           {"https://a.example/"},
		"<https://a.example/>":                           {"https://a.example/"},
		"mailto:a@a.example?body=https://b.example/ and": nil,
		"xhttps://a.example":                             nil,
		"https://":                                       nil,
		"https://a.example/#/r?x=1&y":                    {"https://a.example/#/r?x=1&y"},
		"https://u:p@a.example/":                         nil,
		"https://a.example/\u200bz":                      {"https://a.example/"},
		"https://a.example/?r=https://b.example":         {"https://a.example/?r=https://b.example"},
	} {
		var got []string
		for _, s := range findLinks(text) {
			got = append(got, text[s.start:s.end])
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestLink(t *testing.T) {
	b := shop(t)
	v := Values{Platform: "linkedin", Campaign: "spring"}
	for address, want := range map[string]Change{
		"https://example.com/":            {To: "https://example.com/?" + shopTags},
		"https://www.Example.com:443/a#b": {To: "https://www.Example.com:443/a?" + shopTags + "#b"},
		"https://bücher.example/":         {To: "https://bücher.example/?" + shopTags},
		"https://example.com./?utm_id=1":  {To: "https://example.com./?" + shopTags},
		"https://go.example.com/x":        {Skip: SkipNever},
		"https://GO.example.com./x":       {Skip: SkipNever},
		"https://notexample.com/":         {Skip: SkipHost},
		"https://x.bücher.example/":       {Skip: SkipHost},
		"mailto:jo@example.com":           {Skip: SkipScheme},
		"tel:+49301234567":                {Skip: SkipScheme},
		"example.com":                     {Skip: SkipAddress},
		"https://u:p@example.com/":        {Skip: SkipAddress},
		smm.LinkPlaceholder:               {Skip: SkipWaits},
	} {
		want.From = address
		if want.Skip != "" {
			want.To = address
		}
		want.Longer = utf8.RuneCountInString(want.To) - utf8.RuneCountInString(address)
		if got, err := b.Link(address, v); err != nil || got != want {
			t.Errorf("%s\n got %+v, %v\nwant %+v", address, got, err, want)
		}
	}
	_, err := b.Link("https://example.com/", Values{})
	refused(t, err, "no value for platform")

	c := Social()
	c.Keep = true
	for _, address := range []string{"https://a.example/?utm_id=1", "https://a.example/?utm_x=1"} {
		if got, _ := open(t, c).Link(address, v); got.Skip != SkipTagged || got.To != address {
			t.Errorf("%+v", got)
		}
	}
}

func text(s string) *string { return &s }

func TestPost(t *testing.T) {
	b := shop(t)
	p := smm.Post{
		Text:         "Für dich: https://example.com/a! Own: https://go.example.com/x",
		Card:         &smm.Card{URL: "https://example.com/card", Title: "T"},
		FirstComment: "more: https://example.com/c",
		Thread:       []smm.Post{{Text: "2: https://example.com/t?x=1#f"}, {Text: "3"}},
		Labels:       smm.Labels{Campaign: "spring"},
		Variants:     map[smm.Platform]smm.Variant{"x": {Text: text("Short https://example.com/s"), NoThread: true}},
		Options:      map[smm.Platform]json.RawMessage{"linkedin": json.RawMessage(`{"a":1}`)},
	}
	before, _ := json.Marshal(p)
	out, changes, err := b.Post(p, Values{}, "linkedin", "x")
	if err != nil {
		t.Fatal(err)
	}
	if after, _ := json.Marshal(p); string(after) != string(before) {
		t.Errorf("the post that was given changed: %s", after)
	}
	li := out.For("linkedin")
	if want := "Für dich: https://example.com/a?" + shopTags + "! Own: https://go.example.com/x"; li.Text != want {
		t.Errorf("text %q", li.Text)
	}
	if li.Card.URL != "https://example.com/card?"+shopTags || li.Card.Title != "T" || li.FirstComment != "more: https://example.com/c?"+shopTags {
		t.Errorf("%+v %q", li.Card, li.FirstComment)
	}
	if len(li.Thread) != 2 || li.Thread[0].Text != "2: https://example.com/t?x=1&"+shopTags+"#f" || li.Thread[1].Text != "3" {
		t.Errorf("%+v", li.Thread)
	}
	if string(li.Options["linkedin"]) != `{"a":1}` || li.Labels.Campaign != "spring" {
		t.Errorf("%+v", li)
	}
	x := out.For("x")
	if want := "Short https://example.com/s?" + strings.Replace(shopTags, "linkedin", "x", 1); x.Text != want || len(x.Thread) != 0 {
		t.Errorf("%q %+v", x.Text, x.Thread)
	}
	if m := out.For("mastodon"); m.Text != p.Text {
		t.Errorf("a platform that was not asked for has links as they were: %q", m.Text)
	}
	var paths []string
	for _, c := range changes {
		paths = append(paths, string(c.Platform)+" "+c.Path+" "+string(c.Skip))
		if grown := utf8.RuneCountInString(c.To) - utf8.RuneCountInString(c.From); c.Longer != grown || (c.Skip == "") != (grown > 0) {
			t.Errorf("%+v", c)
		}
	}
	want := "linkedin text ,linkedin text never,linkedin card.url ,linkedin first_comment ,linkedin thread[0].text ," +
		"x text ,x card.url ,x first_comment "
	if got := strings.Join(paths, ","); got != want {
		t.Errorf("\n got %s\nwant %s", got, want)
	}
	again, _, err := b.Post(out, Values{}, "linkedin", "x")
	if err != nil || !reflect.DeepEqual(again, out) {
		t.Errorf("tagging twice differs from tagging once: %+v, %v", again, err)
	}
}

func TestPostEntities(t *testing.T) {
	b := shop(t)
	body := "@jo https://example.com/a and shop #sale at mail https://example.com/b"
	at := func(kind smm.EntityKind, s, target string) smm.Entity {
		i := strings.Index(body, s)
		return smm.Entity{Kind: kind, Start: i, End: i + len(s), Target: target}
	}
	p := smm.Post{Text: body, Labels: smm.Labels{Campaign: "spring"}, Entities: []smm.Entity{
		at(smm.EntityHashtag, "#sale", "sale"),
		at(smm.EntityMention, "@jo", ""),
		at(smm.EntityLink, "https://example.com/a", "https://example.com/a"),
		at(smm.EntityLink, "shop", "https://example.com/shop"),
		at(smm.EntityLink, "mail", "mailto:a@example.com"),
	}}
	out, changes, err := b.Post(p, Values{}, "linkedin")
	if err != nil {
		t.Fatal(err)
	}
	li := out.For("linkedin")
	tag := "?" + shopTags
	if want := "@jo https://example.com/a" + tag + " and shop #sale at mail https://example.com/b" + tag; li.Text != want {
		t.Fatalf("%q", li.Text)
	}
	for i, want := range []string{"#sale", "@jo", "https://example.com/a" + tag, "shop", "mail"} {
		e := li.Entities[i]
		if got := li.Text[e.Start:e.End]; got != want {
			t.Errorf("entity %d spans %q, want %q", i, got, want)
		}
	}
	if li.Entities[2].Target != "https://example.com/a"+tag || li.Entities[3].Target != "https://example.com/shop"+tag || li.Entities[4].Target != "mailto:a@example.com" {
		t.Errorf("%+v", li.Entities)
	}
	longer := 0
	for _, c := range changes {
		longer += c.Longer
	}
	if grown := utf8.RuneCountInString(li.Text) - utf8.RuneCountInString(body); len(changes) != 4 || longer != grown {
		t.Errorf("%d changes say %d, the text grew by %d", len(changes), longer, grown)
	}
	p.Entities[3].Start = 5
	if out, changes, err := b.Post(p, Values{}, "linkedin"); err != nil || len(changes) != 0 || out.Variants != nil {
		t.Errorf("entities that overlap: %+v %v %v", out, changes, err)
	}
	p.Entities = []smm.Entity{{Kind: smm.EntityLink, Start: 0, End: len(body) + 1}}
	if out, changes, err := b.Post(p, Values{}, "linkedin"); err != nil || len(changes) != 0 || out.Variants != nil {
		t.Errorf("an entity beyond the text: %+v %v %v", out, changes, err)
	}
}

func TestPostWithoutLinks(t *testing.T) {
	out, changes, err := shop(t).Post(smm.Post{Text: "hi"}, Values{Campaign: "a"}, "x")
	if err != nil || len(changes) != 0 || out.Variants != nil {
		t.Errorf("%+v %v %v", out, changes, err)
	}
	_, _, err = shop(t).Post(smm.Post{Text: "hi"}, Values{Campaign: "a"})
	refused(t, err, "no platform")
	_, _, err = shop(t).Post(smm.Post{Text: "hi"}, Values{}, "x")
	refused(t, err, "x: utm_campaign")
}

// Whatever the text and its entities: only links that were reported change, the
// report adds up, and a second run changes nothing more.
func FuzzPost(f *testing.F) {
	f.Add("a https://example.com/x. b", 2, 23, "")
	f.Add("0 http://example.com", 2, 56, "") // an entity that only fits once the link has grown
	f.Add("shop http://example.com", 0, 4, "https://example.com/s")
	f.Add("https://go.example.com ü https://example.com?utm_id=1#x", 0, 0, "mailto:x@y.z")
	f.Fuzz(func(t *testing.T, body string, start, end int, target string) {
		b := shop(t)
		p := smm.Post{Text: body, Labels: smm.Labels{Campaign: "c"}}
		if start != end {
			p.Entities = []smm.Entity{{Kind: smm.EntityLink, Start: start, End: end, Target: target}}
		}
		out, changes, err := b.Post(p, Values{}, "linkedin")
		if err != nil {
			t.Fatal(err)
		}
		got := out.For("linkedin")
		longer, undone := 0, got.Text
		for _, c := range changes {
			longer += c.Longer
			if c.To != c.From && c.Longer != 0 {
				undone = strings.Replace(undone, c.To, c.From, 1)
			}
			if _, err := Parse(c.To); c.Skip == SkipNone && err != nil {
				t.Fatalf("%+v: %v", c, err)
			}
		}
		if n := utf8.RuneCountInString(got.Text) - utf8.RuneCountInString(body); n != longer {
			t.Fatalf("%q became %q: %d longer, reported %d", body, got.Text, n, longer)
		}
		if undone != body {
			t.Fatalf("%q became %q, which the changes take back to %q", body, got.Text, undone)
		}
		if again, _, err := b.Post(out, Values{}, "linkedin"); err != nil || again.For("linkedin").Text != got.Text {
			t.Fatalf("again: %q, %v", again.For("linkedin").Text, err)
		}
	})
}
