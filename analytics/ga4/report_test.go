package ga4

import (
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/smm"
)

func refused(t *testing.T, err error, want string) {
	t.Helper()
	if !errors.Is(err, smm.ErrInvalid) || !strings.Contains(err.Error(), want) {
		t.Errorf("error %v; want one that matches smm.ErrInvalid with %q", err, want)
	}
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func book(t testing.TB) *utm.Book {
	t.Helper()
	b, err := utm.Open(utm.Social())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func notes(r *Report) string {
	var out []string
	for _, n := range r.Notes {
		out = append(out, strings.TrimSuffix(n.Code+":"+n.Column, ":"))
	}
	return strings.Join(out, " ")
}

func runReportOf(t *testing.T, body string) *Report {
	t.Helper()
	r, err := ReadRunReport(strings.NewReader(body), Options{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestNumbers(t *testing.T) {
	for s, want := range map[string]struct {
		micros int64
		exact  bool
	}{
		"0": {0, true}, "-0": {0, true}, "12": {12_000_000, true}, "1.5": {1_500_000, true}, ".5": {500_000, true}, "5.": {5_000_000, true},
		"-2.25": {-2_250_000, true}, "1.5E2": {150_000_000, true}, "15e-1": {1_500_000, true}, "0.0000005": {1, false}, "0.0000004": {0, false},
		"-0.0000005": {-1, false}, "1e-9": {0, false}, "9e-7": {1, false}, "0e-20": {0, true}, "0.1234565": {123_457, false}, "0012.50": {12_500_000, true},
		"9223372036853": {9223372036853000000, true}, "320.005": {320_005_000, true}, "5e-7": {1, false}, "0.00000009": {0, false},
	} {
		if n, exact, err := millionths(s); n != want.micros || exact != want.exact || err != nil {
			t.Errorf("%q: %d %v %v; want %+v", s, n, exact, err, want)
		}
	}
	for _, s := range []string{"", "-", ".", "1,234", "1 234", "NaN", "Infinity", "12%", "€5", "+5", "1.2.3", "1e", "1e400", "0x10", "9223372036855", "1e31", "--5", "5-"} {
		if n, _, err := millionths(s); !errors.Is(err, smm.ErrInvalid) {
			t.Errorf("%q: %d, %v", s, n, err)
		}
	}
	for s, want := range map[string]int64{"12": 12, "12.0": 12, "12.5": 13, "-12.5": -13, "12.4": 12, "0.4999999": 1, "0.4": 0} {
		if n, exact, err := whole(s); n != want || exact != !strings.Contains(strings.TrimSuffix(s, ".0"), ".") || err != nil {
			t.Errorf("%q: %d %v %v", s, n, exact, err)
		}
	}
}

func FuzzNumber(f *testing.F) {
	for _, s := range []string{"12.5", "1.5E2", "-0.0000005", "1e-9"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, exact, err := millionths(s)
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		var want float64
		if _, err := fmt.Sscan(s, &want); err != nil {
			return // "5." and the like
		}
		if diff := math.Abs(want*1e6 - float64(n)); diff > 0.5+math.Abs(want*1e6)*1e-15 {
			t.Fatalf("%q: %d millionths", s, n)
		}
		if exact && math.Abs(want) < 1e6 && math.Abs(want*1e6-float64(n)) > 1e-3 {
			t.Fatalf("%q is not exactly %d millionths", s, n)
		}
	})
}

func TestReadRunReport(t *testing.T) {
	r := runReportOf(t, fixture(t, "runreport.json"))
	if len(r.Rows) != 5 || r.Currency != "EUR" || r.TimeZone != "Europe/Berlin" || r.Scope != ScopeSession || r.Partial() != "" || r.Sampled {
		t.Fatalf("%+v", r)
	}
	row := r.Rows[0]
	if row.Line != 1 || row.Source != (Field{"linkedin", FieldSet}) || row.Sessions != analytics.Count(200) || row.Revenue.Total != 499_950_000 || row.Revenue.Currency != "EUR" || row.Users.Total != 150 {
		t.Errorf("%+v", row)
	}
	if r.Rows[1].Revenue.Total != 150_000_000 || r.Rows[1].Campaign.State != FieldNotSet || r.Rows[3].Source.State != FieldDirect || r.Rows[3].Medium.State != FieldNone {
		t.Errorf("%+v", r.Rows)
	}
	if row.NewUsers.State() != analytics.StateUndefined || row.Event.State != FieldAbsent {
		t.Error("what has no column is not known")
	}
	if len(r.Unknown) != 1 || r.Unknown[0] != "deviceCategory" || row.Extra[0] != (Cell{"deviceCategory", "mobile"}) || notes(r) != "unknown:deviceCategory" {
		t.Errorf("%v %v %s", r.Unknown, row.Extra, notes(r))
	}
}

// What Google says of a report becomes the state of its numbers.
func TestReportStates(t *testing.T) {
	body := func(metadata, rows, more string) string {
		return `{"dimensionHeaders":[{"name":"sessionSource"}],"metricHeaders":[{"name":"sessions"},{"name":"keyEvents"},{"name":"totalRevenue"}],"rows":[` +
			rows + `],"metadata":{"currencyCode":"EUR"` + metadata + `}` + more + `}`
	}
	row := func(source string, values ...string) string {
		out := `{"dimensionValues":[{"value":"` + source + `"}],"metricValues":[`
		for i, v := range values {
			if i > 0 {
				out += ","
			}
			out += `{"value":"` + v + `"}`
		}
		return out + "]}"
	}
	plain := row("x", "10", "2", "5")
	o := FunnelOptions{Channel: ByPlatform(book(t))}
	for name, c := range map[string]struct {
		body                string
		notes, partial      string
		sessions, keyEvents analytics.State
		sum                 analytics.State
	}{
		"plain":       {body("", plain, ""), "", "", "complete", "complete", "complete"},
		"sampled":     {body(`,"samplingMetadatas":[{"samplesReadCount":"500","samplingSpaceSize":"2000"}]`, plain, ""), "sampled", "", "estimated", "estimated", "estimated"},
		"thresholded": {body(`,"subjectToThresholding":true`, plain, ""), "thresholded", "rows of few people may be withheld", "complete", "complete", "incomplete"},
		"other row":   {body(`,"dataLossFromOtherRow":true`, plain, ""), "other-row", "", "complete", "complete", "complete"},
		"(other)":     {body("", row("(other)", "1", "0", "0"), ""), "other-row", "", "complete", "complete", "complete"},
		"unavailable": {body("", row("(data not available)", "1", "0", "0"), ""), "not-available", "", "complete", "complete", "complete"},
		"page":        {body("", plain, `,"rowCount":11`), "page", "10 more rows were not read", "complete", "complete", "incomplete"},
		"fractions":   {body("", row("x", "10", "2.5", "5"), ""), "rounded:keyEvents", "", "complete", "estimated", "complete"},
		"restricted": {
			body(`,"schemaRestrictionResponse":{"activeMetricRestrictions":[{"metricName":"keyEvents","restrictedMetricTypes":["REVENUE_DATA"]}]}`, plain, ""),
			"restricted:keyEvents", "", "complete", "undefined", "complete",
		},
	} {
		r := runReportOf(t, c.body)
		if notes(r) != c.notes || r.Partial() != c.partial || r.Rows[0].Sessions.State() != c.sessions || r.Rows[0].KeyEvents.State() != c.keyEvents {
			t.Errorf("%s: notes %q, partial %q, %s, %s", name, notes(r), r.Partial(), r.Rows[0].Sessions.State(), r.Rows[0].KeyEvents.State())
		}
		channels, err := r.Funnel(o)
		if err != nil || channels[0].Sessions.State() != c.sum {
			t.Errorf("%s: %+v, %v", name, channels, err)
		}
	}
	if r := runReportOf(t, body(`,"samplingMetadatas":[{"samplesReadCount":"500","samplingSpaceSize":"2000"}]`, plain, "")); r.SampleRead != 500 || r.SampleSpace != 2000 {
		t.Errorf("%+v", r)
	}
	if r := runReportOf(t, body(`,"emptyReason":"no data"`, "", "")); r.EmptyReason != "no data" || len(r.Rows) != 0 {
		t.Errorf("%+v", r)
	}
}

func TestReadRunReportRefuses(t *testing.T) {
	const head = `{"dimensionHeaders":[{"name":"sessionSource"}],"metricHeaders":[{"name":"sessions"},{"name":"totalRevenue"}],"rows":[`
	cells := func(values string) string {
		return head + `{"dimensionValues":[{"value":"x"}],"metricValues":[` + values + `]}]}`
	}
	for want, body := range map[string]string{
		"the file is empty":         "",
		"not an answer":             "[]",
		"no dimensionHeaders":       "{}",
		"an error of Google's: 403": `{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}`,
		"line 1 has 2 cells":        cells(`{"value":"1"}`),
		`line 1, column "sessions"`: cells(`{"value":"1,000"},{"value":"1"}`),
		"set Options.Currency":      cells(`{"value":"1"},{"value":"1"}`),
		"no column is known":        `{"dimensionHeaders":[{"name":"quelle"}]}`,
		"the file is UTF-16":        "\xff\xfe{\x00",
		"is not a day":              `{"dimensionHeaders":[{"name":"date"}],"rows":[{"dimensionValues":[{"value":"31.01.2027"}]}]}`,
	} {
		_, err := ReadRunReport(strings.NewReader(body), Options{})
		refused(t, err, want)
	}
	_, err := ReadRunReport(strings.NewReader(fixture(t, "runreport.json")), Options{MaxBytes: 10})
	refused(t, err, "more than 10 bytes")
}

// Columns that fight for one place: the first gets it, and the other is kept.
func TestColumns(t *testing.T) {
	for name, want := range map[string]string{
		"sessionSource,firstUserSource,sessions":                                                     "session firstUserSource",
		"First user source / medium,Session source,Sessions":                                         "first-user Session source",
		"source,medium,keyEvents":                                                                    "event ",
		"Session source,Session source / medium,Sessions":                                            "session Session source / medium",
		"sessionSource,firstUserMedium,sessions":                                                     "session firstUserMedium",
		"totalRevenue,purchaseRevenue":                                                               " purchaseRevenue",
		"Session primary channel group (Default Channel Group),Session campaign,Session manual term": "session ",
		"Landing page + query string,Event name,sessionSourcePlatform,sessionManualAdContent":        "session ",
		"SESSIONS,sessions":                                                                          " sessions",
	} {
		var r Report
		if _, err := newTable(&r, strings.Split(name, ","), "EUR"); err != nil {
			t.Fatal(err)
		}
		if got := string(r.Scope) + " " + strings.Join(r.Unknown, ","); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestReadCSV(t *testing.T) {
	tables, err := ReadCSV(strings.NewReader("\uFEFF"+strings.ReplaceAll(fixture(t, "traffic.csv"), "\n", "\r\n")), Options{Currency: "EUR"})
	if err != nil || len(tables) != 2 {
		t.Fatalf("%d tables, %v", len(tables), err)
	}
	chart, table := tables[0], tables[1]
	if chart.Title != "Traffic acquisition: Session source / medium" || len(chart.Rows) != 2 || chart.Rows[1].Sessions.Total != 360 || chart.Unknown[0] != "Nth day" || chart.Rows[1].Extra[0].Text != "0001" {
		t.Errorf("%+v", chart)
	}
	if !table.Start.Equal(time.Date(2027, 3, 1, 0, 0, 0, 0, time.UTC)) || !table.End.Equal(time.Date(2027, 3, 31, 0, 0, 0, 0, time.UTC)) {
		t.Errorf("%v %v", table.Start, table.End)
	}
	if len(table.Rows) != 3 || len(table.Totals) != 1 || table.Totals[0].Sessions.Total != 700 || table.Rows[0].Line != 19 {
		t.Fatalf("%+v", table)
	}
	row := table.Rows[1]
	if row.Source.Text != "news, weekly" || row.Medium.Text != "email" || row.Revenue.Total != 350_550_000 {
		t.Errorf("%+v", row)
	}
	if c := table.Rows[0].ConvertingSessions; c.Total != 9 || c.State() != analytics.StateEstimated {
		t.Errorf("4.5 %% of 200 sessions: %+v", c)
	}
	if notes(table) != "" {
		t.Errorf("rows and total agree: %s", notes(table))
	}
	wrong := strings.Replace(fixture(t, "traffic.csv"), ",700,480,", ",701,480,", 1)
	if tables, err = ReadCSV(strings.NewReader(wrong), Options{Currency: "EUR"}); err != nil || notes(tables[1]) != "totals:Sessions" {
		t.Errorf("%v, %v", tables, err)
	}
}

func TestReadCSVForms(t *testing.T) {
	for name, c := range map[string]struct {
		csv          string
		rows, totals int
		title        string
	}{
		"exploration":         {"# ------\n# Free form 1\n# shop\n# 20270301-20270331\n# ------\n\nSession source,Sessions\n,700,Grand total\nx,300\ny,400\n", 2, 1, "Free form 1"},
		"total in the first":  {"Session source,Sessions\nGrand total,700\nx,700\n", 1, 1, ""},
		"total at the end":    {"Session source,Sessions\nx,700\nTotals,700\n", 1, 1, ""},
		"a gap in the rows":   {"Session source,Sessions\n\nx,700\n\ny,1\n", 2, 0, ""},
		"quoted lines":        {"Session source,Sessions\n\"a\n# b\n\nc\",1\n", 1, 0, ""},
		"odd quote":           {"# it's 5\" wide\nSession source,Sessions\nx,1\n", 1, 0, "it's 5\" wide"},
		"no dimension":        {"Sessions\n5\n", 1, 0, ""},
		"a channel \"total\"": {"Session source,Sessions\ntotal,x\n", 0, 0, "error"},
		"not reported":        {"Session source,Sessions,Key events\nx,,--\n", 1, 0, ""},
	} {
		tables, err := ReadCSV(strings.NewReader(c.csv), Options{})
		if c.title == "error" {
			if err == nil {
				t.Errorf("%s: %+v", name, tables)
			}
			continue
		}
		if err != nil || len(tables) != 1 || len(tables[0].Rows) != c.rows || len(tables[0].Totals) != c.totals || tables[0].Title != c.title {
			t.Errorf("%s: %+v, %v", name, tables, err)
			continue
		}
		if c.totals > 0 && (tables[0].Totals[0].Sessions.Total != 700 || notes(tables[0]) != "") {
			t.Errorf("%s: %+v %s", name, tables[0].Totals, notes(tables[0]))
		}
	}
	tables, _ := ReadCSV(strings.NewReader("# 20270301-20270331\nSession source,Sessions,Key events\nx,,--\n"), Options{})
	if r := tables[0].Rows[0]; r.Sessions.State() != analytics.StateUndefined || r.KeyEvents.State() != analytics.StateUndefined || tables[0].Start.Month() != time.March {
		t.Errorf("%+v", r)
	}
}

func TestReadCSVRefuses(t *testing.T) {
	for want, csv := range map[string]string{
		"the file is empty":               "",
		"no table":                        "# only\n# comments\n",
		"the names of the columns":        "1,2\n",
		"not separated by commas":         "Session source;Sessions\nx;1\n",
		"Google Analytics set to English": "Sitzungsquelle,Sitzungen\nx,1\n",
		`line 4, column "Sessions"`:       "# a\n\nSession source,Sessions\nx,\"1,000\"\n",
		"line 2 has 3 cells":              "Session source,Sessions\nx,1,2\n",
		"set Options.Currency":            "Session source,Total revenue\nx,1\n",
		"after line 1":                    "Session source,Sessions\nx\"y,1\n",
	} {
		_, err := ReadCSV(strings.NewReader(csv), Options{})
		refused(t, err, want)
	}
}

func FuzzReadCSV(f *testing.F) {
	f.Add(fixture(f, "traffic.csv"))
	f.Add("# a\n\nSession source,Sessions\n,700,Grand total\nx,300\n\"q\n\",400\n")
	f.Fuzz(func(t *testing.T, in string) {
		tables, err := ReadCSV(strings.NewReader(in), Options{Currency: "EUR", MaxBytes: 1 << 16})
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		lines := strings.Count(in, "\n") + strings.Count(in, "\r") + 1
		for _, r := range tables {
			for _, row := range slices.Concat(r.Rows, r.Totals) {
				if row.Line < 1 || row.Line > lines {
					t.Fatalf("line %d of %d", row.Line, lines)
				}
				if len(row.Extra) != len(r.Unknown) {
					t.Fatalf("%d cells of %d unknown columns", len(row.Extra), len(r.Unknown))
				}
			}
		}
	})
}

func FuzzReadRunReport(f *testing.F) {
	f.Add(fixture(f, "runreport.json"))
	f.Fuzz(func(t *testing.T, in string) {
		r, err := ReadRunReport(strings.NewReader(in), Options{Currency: "EUR"})
		if err != nil {
			if !errors.Is(err, smm.ErrInvalid) {
				t.Fatal(err)
			}
			return
		}
		for _, row := range r.Rows {
			if len(row.Extra) != len(r.Unknown) || (r.Sampled && row.Sessions.State() == analytics.StateComplete) {
				t.Fatalf("%+v", row)
			}
		}
	})
}
