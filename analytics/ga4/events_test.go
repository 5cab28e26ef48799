package ga4

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/analytics/value"
	"github.com/smmkit/smmkit/smm"
)

func TestEvents(t *testing.T) {
	in := NewEvents(strings.NewReader("\uFEFF" + fixture(t, "events.jsonl")))
	var events []Event
	for ev, err := range in.All() {
		if err != nil {
			t.Fatal(err)
		}
		events = append(events, ev)
	}
	if len(events) != 6 {
		t.Fatalf("%d events", len(events))
	}
	first := events[0]
	if first.Name != "session_start" || !first.At.Equal(time.Date(2027, 3, 1, 10, 0, 0, 0, time.UTC)) || first.User != "u1" || first.Session != 11 || first.Line != 1 ||
		first.Campaign != (utm.Tags{Source: "linkedin", Medium: "social", Campaign: "spring-sale", Content: "video_p17"}) || first.FirstUser.Source != "(direct)" {
		t.Errorf("%+v", first)
	}
	if e := events[1]; !e.Engaged || e.EngagementMillis != 5000 || !reflect.DeepEqual(e.Params, []Cell{{"ab_group", "blue"}}) {
		t.Errorf("%+v", e)
	}
	if e := events[2]; e.Session != 22 || !e.HasLastClick || e.LastClick.Source != "(direct)" || e.Line != 4 {
		t.Errorf("numbers may be numbers or text, and blank lines count: %+v", e)
	}
	if e := events[3]; e.Value != (smm.Money{Micros: 49_950_000, Currency: "EUR"}) || !e.Engaged {
		t.Errorf("the value of the shop's currency counts: %+v", e)
	}
	if events[4].User != "" {
		t.Errorf("%+v", events[4])
	}
	if !slices.Equal(in.Unknown(), []string{"brand_new_column"}) {
		t.Errorf("unknown: %v", in.Unknown())
	}
	if !slices.Equal(in.LeftOut(), []string{"device", "ecommerce", "event_date", "privacy_info", "session_traffic_source_last_click"}) {
		t.Errorf("left out: %v", in.LeftOut())
	}
}

func event(more string) string {
	return `{"event_name":"purchase","event_timestamp":1,"user_pseudo_id":"u"` + more + `}`
}

func TestEventValues(t *testing.T) {
	param := func(value, currency string) string {
		return `,"event_params":[{"key":"value","value":` + value + `},{"key":"currency","value":{"string_value":"` + currency + `"}}]`
	}
	for more, want := range map[string]struct {
		m       smm.Money
		noValue int
	}{
		"":                                      {smm.Money{}, 0},
		`,"event_value_in_usd":1.5`:             {smm.Money{Micros: 1_500_000, Currency: "USD"}, 0},
		`,"event_value_in_usd":"1.5"`:           {smm.Money{Micros: 1_500_000, Currency: "USD"}, 0},
		`,"event_value_in_usd":null`:            {smm.Money{}, 0},
		`,"event_value_in_usd":"NaN"`:           {smm.Money{}, 1},
		param(`{"int_value":"5"}`, "EUR"):       {smm.Money{Micros: 5_000_000, Currency: "EUR"}, 0},
		param(`{"double_value":0.1}`, "EUR"):    {smm.Money{Micros: 100_000, Currency: "EUR"}, 0},
		param(`{"int_value":"0"}`, "EUR"):       {smm.Money{Micros: 0, Currency: "EUR"}, 0},
		param(`{"int_value":"5"}`, ""):          {smm.Money{}, 1},
		param(`{"string_value":"five"}`, "EUR"): {smm.Money{}, 1},
		param(`{"string_value":"five"}`, "EUR") + `,"event_value_in_usd":2`: {smm.Money{Micros: 2_000_000, Currency: "USD"}, 0},
		`,"ecommerce":{"purchase_revenue_in_usd":"7"}`:                      {smm.Money{Micros: 7_000_000, Currency: "USD"}, 0},
	} {
		in := NewEvents(strings.NewReader(event(more)))
		for ev, err := range in.All() {
			if err != nil || ev.Value != want.m || in.NoValue() != want.noValue {
				t.Errorf("%s: %v, %d, %v; want %+v", more, ev.Value, in.NoValue(), err, want)
			}
		}
	}
	for ev, err := range NewEvents(strings.NewReader(event(`,"collected_traffic_source":{"gclid":"g","srsltid":"s"}`))).All() {
		if err != nil || !reflect.DeepEqual(ev.ClickIDs, []Cell{{"gclid", "g"}, {"srsltid", "s"}}) {
			t.Errorf("%+v, %v", ev, err)
		}
	}
}

func TestEventsRefuse(t *testing.T) {
	for want, in := range map[string]string{
		"line 1 is no JSON object":           "x",
		"line 2 is no JSON object":           event("") + "\n[]",
		"line 1 is no row":                   `{"event_name":["a"]}`,
		"no event_timestamp in microseconds": `{"event_name":"a","event_timestamp":"2027-01-01"}`,
		"line 3 has no event_name":           event("") + "\n\n" + `{"event_timestamp":1}`,
		"is longer than":                     event(`,"x":"` + strings.Repeat("a", 200) + `"`),
	} {
		r := NewEvents(strings.NewReader(in))
		if want == "is longer than" {
			r.maxLine = 100
		}
		var last error
		after := 0
		for _, err := range r.All() {
			if last != nil {
				after++
			}
			if err != nil {
				last = err
			}
		}
		refused(t, last, want)
		if after != 0 {
			t.Errorf("%s: the sequence goes on after an error", want)
		}
	}
	broken := errors.New("the disk")
	for _, err := range NewEvents(failing{broken}).All() {
		if !errors.Is(err, broken) {
			t.Error(err)
		}
	}
	for range NewEvents(strings.NewReader(event("") + "\n" + event(""))).All() {
		break // a consumer may stop
	}
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

func visits(t testing.TB) *Visits {
	t.Helper()
	v, err := Sessions(NewEvents(strings.NewReader(fixture(t, "events.jsonl"))).All(), "purchase")
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSessions(t *testing.T) {
	v := visits(t)
	if len(v.Sessions) != 3 || v.Unidentified != 1 {
		t.Fatalf("%+v", v)
	}
	a, b, c := v.Sessions[0], v.Sessions[1], v.Sessions[2]
	if a.Tags.Source != "linkedin" || a.Tags.Content != "video_p17" || !a.Engaged || a.Views != 1 || a.Events != 2 || a.End.Sub(a.Start) != 5*time.Second ||
		!strings.HasPrefix(a.Landing, "https://shop.example/a?") || a.Referrer != "https://www.linkedin.com/" || len(a.KeyEvents) != 0 {
		t.Errorf("%+v", a)
	}
	if b.Tags.Source != "(direct)" || len(b.KeyEvents) != 1 || b.KeyEvents[0].Value.Micros != 49_950_000 {
		t.Errorf("%+v", b)
	}
	if c.Tags != (utm.Tags{Source: "blog.example", Medium: "referral"}) || c.Engaged {
		t.Errorf("%+v", c)
	}
	_, err := Sessions(NewEvents(strings.NewReader("")).All())
	refused(t, err, "name the key events")
	_, err = Sessions(NewEvents(strings.NewReader("x")).All(), "purchase")
	refused(t, err, "line 1")

	// The order of the file does not matter.
	lines := strings.Split(strings.TrimSpace(fixture(t, "events.jsonl")), "\n")
	slices.Reverse(lines)
	back, err := Sessions(NewEvents(strings.NewReader(strings.Join(lines, "\n"))).All(), "purchase")
	if err != nil || !reflect.DeepEqual(back, v) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestSessionTags(t *testing.T) {
	page := func(address, referrer string) string {
		return `,"event_params":[{"key":"ga_session_id","value":{"int_value":1}},{"key":"page_location","value":{"string_value":"` + address +
			`"}},{"key":"page_referrer","value":{"string_value":"` + referrer + `"}}]`
	}
	for more, want := range map[string]utm.Tags{
		page("https://shop.example/?utm_source=x", "https://t.co/a"):                                         {Source: "x"},
		page("https://shop.example/", "https://t.co/a"):                                                      {Source: "t.co", Medium: "referral"},
		page("https://shop.example/", "https://www.shop.example/b"):                                          {},
		page("https://shop.example/", ""):                                                                    {},
		page("app://home", ""):                                                                               {},
		page("https://shop.example/?utm_source=x", "") + `,"collected_traffic_source":{"manual_source":"y"}`: {Source: "y"},
		page("", "") + `,"collected_traffic_source":{"manual_source":"y"},"session_traffic_source_last_click":{"manual_campaign":{"source":"z"}}`: {Source: "z"},
	} {
		v, err := Sessions(NewEvents(strings.NewReader(event(more))).All(), "purchase")
		if err != nil || v.Sessions[0].Tags != want {
			t.Errorf("%s: %+v, %v", more, v, err)
		}
	}
}

func TestVisitsRowsAndFunnel(t *testing.T) {
	v := visits(t)
	rows, err := v.Rows("EUR", nil)
	if err != nil {
		t.Fatal(err)
	}
	channels, err := Funnel(rows, FunnelOptions{Channel: ByPlatform(book(t)), Clicks: map[string]analytics.Value{"linkedin": analytics.Count(4), "x": analytics.Count(3)}})
	if err != nil || len(channels) != 4 {
		t.Fatalf("%+v, %v", channels, err)
	}
	var got []string
	for _, c := range channels {
		got = append(got, fmt.Sprintf("%s %d/%d/%d/%d %d", c.Name, c.Sessions.Total, c.EngagedSessions.Total, c.ConvertingSessions.Total, c.KeyEvents.Total, c.Revenue.Total))
	}
	if s := strings.Join(got, ", "); s != "Direct 1/1/1/1 49950000, Referral 1/0/0/0 0, linkedin 1/1/0/0 0, x 0/0/0/0 0" {
		t.Error(s)
	}
	if l, ok := channels[2].Steps[0].Rate.Float64(); !ok || l != 0.25 {
		t.Errorf("one session of four clicks: %v", l)
	}
	if s := channels[3].Sessions.State(); s != analytics.StateUndefined {
		t.Errorf("a channel of clicks alone has no sessions to speak of: %s", s)
	}
	if _, ok := channels[0].Steps[0].Rate.Float64(); ok {
		t.Error("nobody counted clicks of direct visits")
	}
	rows, err = v.Rows("", nil)
	if err != nil || rows[0].Revenue.State() != analytics.StateUndefined || rows[1].Revenue.Currency != "EUR" {
		t.Errorf("%+v, %v", rows, err)
	}
	_, err = v.Rows("USD", nil)
	refused(t, err, "no rate from EUR to USD")
	v.Sessions[1].KeyEvents = append(v.Sessions[1].KeyEvents, KeyEvent{Name: "purchase", Value: smm.Money{Micros: 1, Currency: "USD"}}, KeyEvent{Name: "signup"})
	_, err = v.Rows("", nil)
	refused(t, err, `session 22 of user "u1"`)
}

func TestPaths(t *testing.T) {
	at := func(h int) time.Time { return time.Date(2027, 3, 1, h, 0, 0, 0, time.UTC) }
	eur := smm.Money{Micros: 5, Currency: "EUR"}
	v := &Visits{Sessions: []Session{
		{User: "a", ID: 1, Start: at(1), Tags: utm.Tags{Source: "linkedin"}},
		{User: "b", ID: 1, Start: at(2), Tags: utm.Tags{Source: "ig", Medium: "cpc"}},
		{User: "a", ID: 2, Start: at(3), KeyEvents: []KeyEvent{{At: at(4), Value: eur}, {At: at(7)}}},
		{User: "a", ID: 3, Start: at(6), Tags: utm.Tags{Source: "google", Medium: "organic"}},
		{User: "a", ID: 4, Start: at(8), Tags: utm.Tags{Source: "x"}},
	}}
	got := v.Paths(BySession(book(t)))
	l, d, g, x := value.Touch{Channel: "linkedin", At: at(1)}, value.Touch{Channel: value.Direct, At: at(3)},
		value.Touch{Channel: "Organic Search", At: at(6)}, value.Touch{Channel: "x", At: at(8)}
	want := []value.Path{
		{Touches: []value.Touch{l, d}, Converted: true, At: at(4), Value: eur},
		{Touches: []value.Touch{l, d, g}, Converted: true, At: at(7)},
		{Touches: []value.Touch{x}},
		{Touches: []value.Touch{{Channel: "instagram (paid)", At: at(2)}}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("\n got %+v\nwant %+v", got, want)
	}
	a, err := value.Attribute(got, value.LastNonDirect(), value.Options{})
	if err != nil || a.Conversions != 2 || a.Total != eur {
		t.Errorf("%+v, %v", a, err)
	}
}

func FuzzEvents(f *testing.F) {
	f.Add(fixture(f, "events.jsonl"))
	f.Add(event(`,"event_params":[{"key":"value","value":{"double_value":1e300}}]`))
	f.Fuzz(func(t *testing.T, in string) {
		n := 0
		for ev, err := range NewEvents(strings.NewReader(in)).All() {
			if err != nil {
				if !errors.Is(err, smm.ErrInvalid) {
					t.Fatal(err)
				}
				continue
			}
			n++
			if ev.Name == "" || ev.Line < n {
				t.Fatalf("%+v", ev)
			}
		}
		v, err := Sessions(NewEvents(strings.NewReader(in)).All(), "purchase", "page_view")
		if err != nil {
			return
		}
		total := v.Unidentified
		for _, s := range v.Sessions {
			total += s.Events
			if s.End.Before(s.Start) || s.User == "" {
				t.Fatalf("%+v", s)
			}
		}
		if total != int64(n) {
			t.Fatalf("%d events, %d in sessions or counted", n, total)
		}
		for _, p := range v.Paths(func(*Session) string { return "c" }) {
			if len(p.Touches) == 0 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
