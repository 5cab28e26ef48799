package imports_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/imports"
	"github.com/smmkit/smmkit/smm"
)

var asOf = time.Date(2026, 10, 5, 12, 0, 0, 0, time.UTC)

func channel(platform smm.Platform) smm.Ref {
	return smm.Ref{Platform: platform, Kind: smm.KindChannel, ID: "1784"}
}

const instagram = "Post ID,Account ID,Account username,Account name,Description,Duration (sec),Publish time,Permalink,Post type,Data comment,Date,Views,Reach,Likes,Shares,Follows,Comments,Saves\n" +
	"1801,1784,bakery,Bakery,\"Rolls,\nfresh \"\"today\"\"\",0,09/16/2026 14:05,https://www.instagram.com/p/A/,IG image,,Lifetime,\"1,520\",980,85,4,2,7,31\n" +
	"1802,1784,bakery,Bakery,Loaf,0,09/12/2026 09:00,https://www.instagram.com/reel/B/,IG reel,,Lifetime,--,640,40,,0,3,N/A\n"

// number finds a metric and its state.
func number(t *testing.T, ms []smm.Metric, subject string, name smm.MetricName) smm.Metric {
	t.Helper()
	for _, m := range ms {
		if m.Subject.ID == subject && m.Name == name {
			return m
		}
	}
	t.Fatalf("no %s of %s", name, subject)
	return smm.Metric{}
}

func TestInstagram(t *testing.T) {
	res, err := imports.Read(strings.NewReader("\ufeff"+instagram), imports.Options{AsOf: asOf, Zone: time.FixedZone("", 7200)})
	if err != nil {
		t.Fatal(err)
	}
	if s := res.Summary; s.Export != "instagram-posts" || s.Detection.Score != 1 || s.Decimal != imports.DecimalPoint || len(s.Unmapped()) != 0 || s.Imported != 2 {
		t.Errorf("summary: %+v", s)
	}
	want := imports.Post{
		Ref: smm.Ref{Platform: "instagram", Kind: smm.KindPost, ID: "1801"}, Channel: channel("instagram"),
		Permalink: "https://www.instagram.com/p/A/", Text: "Rolls,\nfresh \"today\"", Published: time.Date(2026, 9, 16, 12, 5, 0, 0, time.UTC), Type: "IG image",
	}
	if len(res.Posts) != 2 || res.Posts[0] != want {
		t.Errorf("got %+v, want %+v", res.Posts, want)
	}
	views := number(t, res.Metrics, "1801", smm.MetricViews)
	if views.Value != 1520 || views.State != smm.MetricMeasured || views.Window != (smm.Window{To: asOf}) || !views.AsOf.Equal(asOf) || views.Native.Name != "Views" || views.Unit != smm.UnitCount {
		t.Errorf("views: %+v", views)
	}
	for _, name := range []smm.MetricName{smm.MetricViews, smm.MetricShares, smm.MetricSaves} {
		if m := number(t, res.Metrics, "1802", name); m.State != smm.MetricNotReported || m.Value != 0 {
			t.Errorf("%s is not reported, got %+v", name, m)
		}
	}
	kpis, err := analytics.Summarize(res.Metrics)
	if err != nil || len(kpis) != 1 || *kpis[0].Likes.Value != 125 || kpis[0].Views.State != analytics.StateIncomplete {
		t.Fatalf("kpis: %+v, %v", kpis, err)
	}
}

// header and one row for every export, from its own aliases, in every language.
func TestEveryMapping(t *testing.T) {
	all, verified := 0, 0
	for _, m := range imports.Mappings() {
		for _, lang := range []string{"en", "de", "es", "sv", "pt", "fr"} {
			var names []string
			complete := true
			for _, c := range m.Columns {
				name := ""
				for _, a := range c.Aliases {
					if a.Lang == lang && name == "" {
						name = a.Names[0]
					}
				}
				if name != "" {
					names = append(names, `"`+name+`"`)
				} else if c.Required {
					complete = false
				}
			}
			if !complete {
				continue
			}
			found, err := imports.Detect(strings.NewReader("Report\n\n"+strings.Join(names, ";")+"\n"), nil)
			if err != nil || found[0].Export != m.ID || found[0].Score != 1 || found[0].Line != 3 {
				t.Errorf("%s in %s: got %+v, %v", m.ID, lang, found[0], err)
			}
		}
		for _, c := range m.Columns {
			for _, a := range c.Aliases {
				all += len(a.Names)
				if m.Verified(a) {
					verified += len(a.Names)
				}
			}
		}
	}
	t.Logf("%d mappings, %d aliases, %d of them with an address", len(imports.Mappings()), all, verified)
	if len(imports.Mappings()) != 11 {
		t.Errorf("%d mappings", len(imports.Mappings()))
	}
}

func TestDaysLevelsAndYears(t *testing.T) {
	in := "Date\tVideo Views\tProfile Views\tLikes\tComments\tShares\tFollowers\n30 September\t10\t2\t3\t1\t0\t100\n1 October\t20\t4\t6\t2\t1\t110\n\nTotal\t30\t6\t9\t3\t1\t\n"
	res, err := imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf, Channel: channel("tiktok")})
	if err != nil {
		t.Fatal(err)
	}
	day := time.Date(2026, 10, 1, 0, 0, 0, 0, time.UTC)
	last := res.Metrics[len(res.Metrics)-1]
	if last.Name != smm.MetricFollowers || last.Window != (smm.Window{From: day, To: day.AddDate(0, 0, 1)}) || !last.AsOf.Equal(day.Add(24*time.Hour-time.Second)) {
		t.Errorf("followers: %+v", last)
	}
	kpis, err := analytics.Summarize(res.Metrics)
	if err != nil || *kpis[0].FollowerGrowth.Value != 0.1 {
		t.Errorf("growth: %+v, %v", kpis, err)
	}
	if s := res.Summary.Skipped; s[imports.SkipTotals] != 1 || s[imports.SkipBlank] != 1 {
		t.Errorf("skipped: %v", s)
	}
}

func TestGoogleAnalytics(t *testing.T) {
	in := "# Pages and screens\n# Start date: 20250101\n# End date: 20250211\nPage path and screen class,Views,Active users,Views per active user,Event count,Key events,Total revenue\n/,83171,22652,3.67,7,3,0\n/a,10,5,2,1,0,0\nGrand total,83181,22657,3.6,8,3,0\n"
	res, err := imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf, Channel: channel("web")})
	if err != nil {
		t.Fatal(err)
	}
	m := number(t, res.Metrics, "/", smm.MetricConversions)
	want := smm.Window{From: time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC), To: time.Date(2025, 2, 12, 0, 0, 0, 0, time.UTC)}
	if m.Value != 3 || m.Window != want || number(t, res.Metrics, "/a", smm.MetricConversions).State != smm.MetricZero {
		t.Errorf("got %+v", m)
	}
	if len(res.Posts) != 2 || res.Summary.Skipped[imports.SkipPreamble] != 3 || res.Summary.Skipped[imports.SkipTotals] != 1 {
		t.Errorf("summary: %+v", res.Summary)
	}
}

func TestYouTubeInGerman(t *testing.T) {
	in := "Videos;Videotitel;Veröffentlichungszeitpunkt des Videos;Dauer;Aufrufe;Wiedergabezeit (Stunden);Abonnenten;Impressionen;Klickrate der Impressionen (%);Neu\nGesamt;;;;1.200;8,5;3;4.000;5,1;\nabc;Brot;03.09.2026;60;1.200;8,5;-3;4.000;5,1;x\n"
	o := imports.Options{AsOf: asOf, Channel: channel("youtube"), DateOrder: imports.DayFirst}
	if _, err := imports.Read(strings.NewReader(in), o); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), "Options.Window") {
		t.Fatalf("a period that nobody names: %v", err)
	}
	o.Window = smm.Window{To: asOf}
	res, err := imports.Read(strings.NewReader(in), o)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[smm.MetricName]int64{"views": 1200, "watch_time": 30_600_000, "impressions": 4000, "click_through_rate": 51_000} {
		if m := number(t, res.Metrics, "abc", name); m.Value != want {
			t.Errorf("%s: got %d, want %d", name, m.Value, want)
		}
	}
	if got := res.Summary.Unmapped(); len(got) != 1 || got[0] != "Neu" || !res.Posts[0].Published.Equal(time.Date(2026, 9, 3, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("unmapped %v, posts %+v", got, res.Posts)
	}
}

func TestEncodings(t *testing.T) {
	units := utf16.Encode([]rune(instagram))
	for name, order := range map[string]binary.ByteOrder{"le": binary.LittleEndian, "be": binary.BigEndian} {
		for _, mark := range []bool{true, false} {
			var b bytes.Buffer
			if mark {
				_ = binary.Write(&b, order, uint16(0xFEFF))
			}
			_ = binary.Write(&b, order, units)
			res, err := imports.Read(&b, imports.Options{AsOf: asOf})
			if err != nil || len(res.Posts) != 2 || string(res.Summary.Encoding) != "utf-16"+name {
				t.Errorf("%s, mark %t: %v", name, mark, err)
			}
		}
	}
	for _, in := range []string{"PK\x03\x04xx", "\xD0\xCF\x11\xE0xx", "\x1f\x8bxx", "", " \n"} {
		if _, err := imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf}); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%q: %v", in, err)
		}
	}
	latin := strings.Replace(instagram, "Loaf", "Br\xf6tchen", 1)
	_, err := imports.Read(strings.NewReader(latin), imports.Options{AsOf: asOf})
	wantProblems(t, err, "line 4, column 5 (\"Description\"): \"Br?tchen\": this is not UTF-8")
}

func wantProblems(t *testing.T, err error, want ...string) {
	t.Helper()
	p, ok := errors.AsType[*imports.ProblemsError](err)
	if !ok || !errors.Is(err, smm.ErrInvalid) || p.Total != len(want) {
		t.Fatalf("want %d problems, got %v", len(want), err)
	}
	for i, w := range want {
		if got := p.Problems[i].String(); !strings.HasPrefix(got, w) {
			t.Errorf("problem %d: got %s, want %s", i, got, w)
		}
	}
}

func TestProblems(t *testing.T) {
	head, _, _ := strings.Cut(instagram, "\n")
	in := head + "\n" +
		"1801,1784,b,B,=1+1,0,31/12/2026,u,IG,,Lifetime,1.5,=2+2,-1,1.2K,0,5%,1\n" + // 2: date, fraction, formula, negative, percent
		"1.79E+16,1784,b,B,x,0,,u,IG,,Lifetime,1,1,1,1,0,1,1\n" + // 3
		"1803,99,b,B,x,0,,u,IG,,Lifetime,1,1,1,1,0,1,1\n" + // 4
		"1804,1784,b\n" + // 5
		",1784,b,B,x,0,,,IG,,Lifetime,1,1,1,1,0,1,1\n" + // 6
		"1806,1784,b,B,x,0,,u,IG,,10/01/2026 10:00,1,1,1,1,0,1,1\n" + // 7
		head + "\n" +
		"1805,1784,b,B,Total,0,,u,IG,,10/01/2026,7,1,1,1,0,1,1\n" +
		"1807,1784,b,B,\"x,0\n"
	res, err := imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf, Channel: channel("instagram")})
	wantProblems(t, err,
		`line 2, column 7 ("Publish time"): "31/12/2026": there is no month 31`,
		`line 2, column 12 ("Views"): "1.5": a count is whole`,
		`line 2, column 13 ("Reach"): "=2+2": this is not a number`,
		`line 2, column 14 ("Likes"): "-1": a metric is not negative`,
		`line 2, column 17 ("Comments"): "5%": this column has no percentages`,
		`line 3, column 1 ("Post ID"): "1.79E+16": a spreadsheet has rounded this id`,
		`line 4, column 2 ("Account ID"): "99": the file is about several channels`,
		`line 5: the row has 3 cells and the header 18`,
		`line 6: the row has neither the id nor the link`,
		`line 7, column 11 ("Date"): "10/01/2026 10:00": this is a time`,
		`line 10: the quote that begins here is not closed`,
	)
	if res.Posts[0].Text != "=1+1" || number(t, res.Metrics, "1801", smm.MetricShares).State != smm.MetricEstimated {
		t.Errorf("what can be read is there: %+v", res.Posts)
	}
	if m := number(t, res.Metrics, "1805", smm.MetricViews); m.Value != 7 || m.Window.Lifetime() {
		t.Errorf("a row of one day whose text is Total: %+v", m)
	}
	if s := res.Summary; s.Imported != 2 || s.Skipped[imports.SkipHeader] != 1 || s.Skipped[imports.SkipProblem] != 5 {
		t.Errorf("summary %+v", s)
	}
	_, err = imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf, Channel: channel("instagram"), MaxProblems: 2})
	if p, _ := errors.AsType[*imports.ProblemsError](err); p == nil || len(p.Problems) != 2 || p.Total != 11 || !strings.Contains(err.Error(), "and 9 more") {
		t.Errorf("bounded: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		o    imports.Options
		want string
	}{
		"no time":       {instagram, imports.Options{}, "AsOf"},
		"wrong channel": {instagram, imports.Options{AsOf: asOf, Channel: channel("x")}, "channel of instagram"},
		"not a channel": {instagram, imports.Options{AsOf: asOf, Channel: channel("instagram").WithKind(smm.KindPost, "1")}, "want a channel"},
		"unknown":       {"a,b\n1,2\n", imports.Options{AsOf: asOf}, "not known"},
		"named wrongly": {instagram, imports.Options{AsOf: asOf, Export: "x-content"}, "this is not x-content"},
		"no such":       {instagram, imports.Options{AsOf: asOf, Export: "myspace"}, "no export"},
		"whose":         {"Date,Followers,Difference in followers from previous day\n1 October,1,1\n", imports.Options{AsOf: asOf}, "Options.Channel"},
		"decimal":       {instagram, imports.Options{AsOf: asOf, Decimal: ";"}, "Options.Decimal"},
	} {
		if _, err := imports.Read(strings.NewReader(c.in), c.o); !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	down := errors.New("disk")
	if _, err := imports.Read(io.MultiReader(strings.NewReader(instagram), failing{down}), imports.Options{AsOf: asOf}); !errors.Is(err, down) {
		t.Errorf("a reader's error is passed on: %v", err)
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func TestOwnMapping(t *testing.T) {
	m, err := imports.ParseMapping(strings.NewReader(`{"id":"ads","title":"Ads","subject":"post","window":"lifetime","columns":[
		{"field":"post_id","required":true,"aliases":[{"lang":"en","source":"unverified","names":["Ad"]}]},
		{"metric":"spend","unit":"money","aliases":[{"lang":"en","source":"unverified","names":["Spend"]}]}]}`))
	if err != nil {
		t.Fatal(err)
	}
	o := imports.Options{AsOf: asOf, Channel: channel("facebook"), Mappings: []imports.Mapping{*m}}
	for in, want := range map[string]string{
		"Ad,Spend (EUR)\n1,12.50\n":       "12500000 EUR",
		"Ad;Spend\n1;1.234,50 £\n":        "1234500000 GBP",
		"Ad,Spend\n1,$3.5\n":              "money without a currency",
		"Ad,Spend,spend\n1,1 EUR,2 EUR\n": "1000000 EUR",
	} {
		res, err := imports.Read(strings.NewReader(in), o)
		got := ""
		if err == nil {
			got = fmt.Sprint(res.Metrics[0].Value, " ", res.Metrics[0].Currency)
		}
		if got != want && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: got %s, %v, want %s", in, got, err, want)
		}
	}
	for _, bad := range []string{
		`{}`, `{"id":"a","nope":1}`, `{"id":"a","subject":"post","window":"lifetime","columns":[{"metric":"x","unit":"stone","aliases":[{"names":["X"],"source":"who"}]}]}`,
	} {
		if _, err := imports.ParseMapping(strings.NewReader(bad)); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

// rows makes a long file without holding it.
type rows struct {
	left    int
	pending []byte
}

func (r *rows) Read(p []byte) (int, error) {
	if len(r.pending) == 0 {
		if r.left == 0 {
			return 0, io.EOF
		}
		r.left--
		r.pending = fmt.Appendf(nil, "%d,1784,b,B,text of a post,0,09/16/2026 14:05,u,IG,,Lifetime,1520,980,85,4,2,7,31\n", r.left)
	}
	n := copy(p, r.pending)
	r.pending = r.pending[n:]
	return n, nil
}

func TestMemoryIsBounded(t *testing.T) {
	const n = 100_000
	head, _, _ := strings.Cut(instagram, "\n")
	im, err := imports.Open(io.MultiReader(strings.NewReader(head+"\n"), &rows{left: n}), imports.Options{AsOf: asOf})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	got, start, most := 0, time.Now(), uint64(0)
	for range im.Rows() {
		if got++; got%(n/4) == 0 {
			runtime.GC()
			runtime.ReadMemStats(&after)
			most = max(most, after.HeapAlloc-min(after.HeapAlloc, before.HeapAlloc))
		}
	}
	t.Logf("%d rows of about 85 bytes in %s; the heap grew by at most %d KiB", got, time.Since(start).Round(time.Millisecond), most>>10)
	if err := im.Err(); err != nil || got != n || most > 1<<20 {
		t.Errorf("%d rows, %d bytes, %v", got, most, err)
	}
	// A quote that is never closed ends the file and not the memory.
	in := head + "\n1,\"" + strings.Repeat("x", 400<<10)
	_, err = imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf})
	wantProblems(t, err, "line 2: a cell has more than 256 KiB")
}

func TestTitlesAndDuplicates(t *testing.T) {
	in := "Video title,Video link,Total views,total VIEWS\n" +
		"Total,https://www.tiktok.com/@b/video/71,5,6\nTotal,,5,6\n"
	res, err := imports.Read(strings.NewReader(in), imports.Options{AsOf: asOf, Channel: channel("tiktok")})
	if err != nil {
		t.Fatal(err)
	}
	// A post may be called Total, and the same number counts once.
	if len(res.Posts) != 1 || res.Posts[0].Ref.ID != "71" || len(res.Metrics) != 1 || res.Metrics[0].Value != 5 {
		t.Errorf("got %+v, %+v", res.Posts, res.Metrics)
	}
	if c := res.Summary.Columns[3]; c.Use != imports.UseDuplicate || c.Reason == "" {
		t.Errorf("column: %+v", c)
	}
}
