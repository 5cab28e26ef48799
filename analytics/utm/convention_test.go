package utm

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm"
)

func open(t testing.TB, c Convention) *Book {
	t.Helper()
	b, err := Open(c)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v; want one that matches smm.ErrInvalid with %q", err, want)
	}
}

func TestParseTemplateRefuses(t *testing.T) {
	for s, want := range map[string]string{
		"{nothing}":            "no placeholder",
		"{}":                   "no placeholder",
		"{campaign":            "not closed",
		"a}b":                  "opening brace",
		"{campaign}{platform}": "separator between",
		"{topic}-{topic}":      "twice",
	} {
		_, err := ParseTemplate(s)
		refused(t, err, want)
	}
}

func TestTemplate(t *testing.T) {
	v := Values{Platform: "x", Campaign: "spring", ContentType: "how-to", PostID: "17"}
	for s, want := range map[string]string{
		"":                               "",
		"social":                         "social",
		"{{{campaign}}}":                 "{spring}",
		"{platform}_{post_id}":           "x_17",
		"{content_type}_{topic|none}":    "how-to_none",
		"{campaign}-{platform}":          "spring-x",
		"a{campaign}b{post_id|0}c":       "aspringb17c",
		"{topic|all}/{pillar|all}/{{q}}": "all/all/{q}",
	} {
		tpl, err := ParseTemplate(s)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := tpl.Expand(v); err != nil || got != want || tpl.String() != s {
			t.Errorf("%q: %q, %v; want %q", s, got, err, want)
		}
	}
	tpl, _ := ParseTemplate("{content_type}-{post_id}")
	_, err := tpl.Expand(v)
	refused(t, err, "reads back in several ways")
	_, err = tpl.Expand(Values{PostID: "1"})
	refused(t, err, "no value for content_type")
}

func TestMatchIsUniqueOrNothing(t *testing.T) {
	tpl, err := ParseTemplate("{content_type}_{post_id|none}")
	if err != nil {
		t.Fatal(err)
	}
	for s, want := range map[string]Values{
		"video_9":    {ContentType: "video", PostID: "9"},
		"video_none": {ContentType: "video"},
		"how-to_9":   {ContentType: "how-to", PostID: "9"},
	} {
		if got, ok := tpl.Match(s); !ok || got != want {
			t.Errorf("%q: %+v %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "video", "_9", "video_", "a_b_c", "__"} {
		if got, ok := tpl.Match(s); ok {
			t.Errorf("%q must not match: %+v", s, got)
		}
	}
}

// Two readings that end alike: the second must not be lost because the end was
// looked at before.
func TestMatchSeesReadingsThatEndAlike(t *testing.T) {
	tpl, err := ParseTemplate("{campaign}-{content_type}_{post_id}")
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := tpl.Match("x-y-z_w"); ok {
		t.Errorf("x and y-z, or x-y and z: %+v", got)
	}
}

// A template of many placeholders against a value made to be tried in many ways.
func TestMatchIsBounded(t *testing.T) {
	tpl, err := ParseTemplate("{platform}-{channel}-{campaign}-{content_type}-{topic}-{pillar}-{brand}-{objective}-{post_id}!")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := tpl.Match(strings.Repeat("a-", 1000)); ok {
		t.Error("it does not end with !")
	}
}

func FuzzTemplate(f *testing.F) {
	f.Add("{campaign}-{post_id|none}", "spring", "1", "a-b")
	f.Add("{{{topic}}}_{brand|x}", "", "{}", "}_x")
	f.Fuzz(func(t *testing.T, source, campaign, id, value string) {
		tpl, err := ParseTemplate(source)
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		if out, err := tpl.Expand(Values{Campaign: campaign, PostID: id}); err == nil {
			got, ok := tpl.Match(out)
			if !ok || (got.Campaign != "" && got.Campaign != campaign) || (got.PostID != "" && got.PostID != id) {
				t.Fatalf("%q gives %q, which reads as %+v %v", source, out, got, ok)
			}
		}
		if got, ok := tpl.Match(value); ok {
			if out, err := tpl.Expand(got); err == nil && out != value {
				t.Fatalf("%q reads as %+v, which writes %q", value, got, out)
			}
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	rule := func(r Rule) Convention { return Convention{Rules: []Rule{r}} }
	for want, c := range map[string]Convention{
		"begin with utm.Social()": {},
		"no parameter":            rule(Rule{Param: "utm_sourec"}),
		"two rules":               {Rules: []Rule{{Param: Source}, {Param: Source}}},
		"Separator one of":        rule(Rule{Param: Source, Separator: "~"}),
		"MaxLength":               rule(Rule{Param: Source, MaxLength: -1}),
		"no placeholder":          rule(Rule{Param: Source, Template: "{p}"}),
		`write "paid-social"`:     rule(Rule{Param: Medium, Allowed: []string{"Paid Social"}}),
		"means both": {
			Rules: []Rule{{Param: Source}},
			Names: map[smm.Platform]string{"x": "Social", "threads": "social"},
		},
	} {
		_, err := Open(c)
		refused(t, err, want)
	}
}

func TestConventionIsData(t *testing.T) {
	c := Social()
	c.Names = map[smm.Platform]string{"x": "twitter"}
	raw, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Convention
	if err := json.Unmarshal(raw, &back); err != nil || !reflect.DeepEqual(c, back) {
		t.Errorf("%s: %v", raw, err)
	}
	b := open(t, c)
	c.Rules[1].Allowed[0] = "changed"
	c.Names["x"] = "changed"
	got, err := b.Tags(Values{Platform: "x", Campaign: "a"})
	if err != nil || got.Source != "twitter" || got.Medium != "social" {
		t.Errorf("a book does not change with what it was opened from: %+v, %v", got, err)
	}
}

func TestTagsOfValues(t *testing.T) {
	b := open(t, Social())
	got, err := b.Tags(Values{Platform: "linkedin", Campaign: "  Spring_Sale 2027 ", ContentType: "How To", PostID: "p-17"})
	want := Tags{Source: "linkedin", Medium: "social", Campaign: "spring-sale-2027", Content: "how-to_p-17"}
	if err != nil || got != want {
		t.Errorf("%+v, %v", got, err)
	}
	if n := b.Normalize(want); n != want {
		t.Errorf("what it writes, it would not write otherwise: %+v", n)
	}
	for want, v := range map[string]Values{
		"no value for platform":      {Campaign: "a"},
		"no value for campaign":      {Platform: "x"},
		"set AnyCase":                {Platform: "x", Campaign: "a", PostID: "01HZX"},
		"reads back in several ways": {Platform: "x", Campaign: "a", ContentType: "a_b", PostID: "1"},
		"characters, 100 are":        {Platform: "x", Campaign: strings.Repeat("a", 101)},
		"contains an e-mail":         {Platform: "x", Campaign: "a@example.com"},
		"contains a telephone numb":  {Platform: "x", Campaign: "+49 30 1234567"},
	} {
		_, err := b.Tags(v)
		refused(t, err, want)
	}
}

// For any labels: either the tags are refused, or an address with them reads
// back to what was written, in the spelling of the convention.
func FuzzOrigin(f *testing.F) {
	f.Add("spring sale", "video", "p1", uint8(0))
	f.Add("Ünï\u2003code", "a-b", "", uint8(3))
	f.Fuzz(func(t *testing.T, campaign, contentType, id string, n uint8) {
		b := open(t, Social())
		platform := smm.Platform(social[int(n)%len(social)])
		tags, err := b.Tags(Values{Platform: platform, Campaign: campaign, ContentType: contentType, PostID: id})
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		address, err := Set("https://example.com/a?b=%20#c", tags)
		if err != nil {
			t.Fatal(err)
		}
		if fs := b.Lint(address); fs.HasErrors() {
			t.Fatalf("it wrote what it does not allow: %v", fs)
		}
		o, err := b.Origin(address)
		if err != nil || len(o.Unread) > 0 || o.Platform != platform || o.Group != GroupOrganicSocial {
			t.Fatalf("%q: %+v, %v", address, o, err)
		}
		rules := map[Param]Rule{}
		for _, r := range Social().Rules {
			rules[r.Param] = r
		}
		if want := rules[Campaign].normalize(campaign); o.Values.Campaign != want {
			t.Fatalf("campaign %q, want %q", o.Values.Campaign, want)
		}
		if id != "none" && o.Values.PostID != id {
			t.Fatalf("post id %q, want %q", o.Values.PostID, id)
		}
		if again, err := b.Tags(o.Values); err != nil || again != tags {
			t.Fatalf("%+v writes %+v, %v; want %+v", o.Values, again, err, tags)
		}
	})
}

func FuzzNormalize(f *testing.F) {
	f.Add(" A_b c", "-", false)
	f.Fuzz(func(t *testing.T, v, sep string, anyCase bool) {
		r := Rule{Separator: sep, AnyCase: anyCase}
		if sep != "" && sep != "-" && sep != "_" && sep != "." {
			return
		}
		once := r.normalize(v)
		if twice := r.normalize(once); twice != once {
			t.Fatalf("%q, then %q", once, twice)
		}
	})
}

func TestOrigin(t *testing.T) {
	c := Social()
	c.Names = map[smm.Platform]string{"x": "twitter"}
	b := open(t, c)
	for query, want := range map[string]Origin{
		"": {Group: GroupDirect},
		"utm_source=LinkedIn&utm_medium=Social&utm_campaign=Spring%20Sale&utm_content=video_17": {
			Platform: "linkedin", Group: GroupOrganicSocial,
			Values: Values{Platform: "linkedin", Campaign: "spring-sale", ContentType: "video", PostID: "17"},
		},
		"utm_source=twitter&utm_medium=paid-social": {Platform: "x", Group: GroupPaidSocial, Values: Values{Platform: "x"}},
		"utm_source=ig&utm_medium=cpc":              {Platform: "instagram", Group: GroupPaidSocial, Values: Values{Platform: "instagram"}},
		"utm_source=www.t.co":                       {Platform: "x", Group: GroupOrganicSocial, Values: Values{Platform: "x"}},
		"utm_source=google&utm_medium=organic":      {Group: GroupOrganicSearch},
		"utm_source=google&utm_medium=cpc":          {Group: GroupPaidOther},
		"utm_source=(direct)&utm_medium=(none)":     {Group: GroupDirect},
		"utm_source=(not set)&utm_campaign=(other)": {Group: GroupUnassigned},
		"utm_source=news&utm_medium=email":          {Group: GroupEmail},
		"utm_source=x&utm_content=sidebar":          {Platform: "x", Group: GroupOrganicSocial, Values: Values{Platform: "x"}, Unread: []Param{Content}},
	} {
		got, err := b.Origin("https://example.com/?" + strings.ReplaceAll(query, " ", "%20"))
		want.Tags = got.Tags
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s\n got %+v, %v\nwant %+v", query, got, err, want)
		}
	}
	if _, err := b.Origin("mailto:a@example.com"); !errors.Is(err, smm.ErrInvalid) {
		t.Error(err)
	}
}

func TestGroups(t *testing.T) {
	for _, c := range []struct {
		source, medium string
		social         bool
		want           Group
	}{
		{"", "", false, GroupDirect},
		{"(direct)", "(none)", false, GroupDirect},
		{"shop", "SM", false, GroupOrganicSocial},
		{"shop", "social network", false, GroupOrganicSocial},
		{"facebook", "cpm", true, GroupPaidSocial},
		{"site", "cpm", false, GroupDisplay},
		{"site", "retargeting", false, GroupPaidOther},
		{"site", "referral", false, GroupReferral},
		{"partner", "affiliate", false, GroupAffiliates},
		{"sms", "text", false, GroupSMS},
		{"e-mail", "x", false, GroupEmail},
		{"what", "ever", false, GroupUnassigned},
	} {
		if got := groupOf(c.source, c.medium, c.social); got != c.want {
			t.Errorf("%s/%s: %s, want %s", c.source, c.medium, got, c.want)
		}
	}
	if g, ok := ParseGroup("Organic Social"); !ok || g != GroupOrganicSocial {
		t.Error(g, ok)
	}
	if _, ok := ParseGroup("Organic Shopping"); ok {
		t.Error("a group of Google's that tags cannot tell")
	}
}
