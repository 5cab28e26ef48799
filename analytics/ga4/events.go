package ga4

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/smm"
)

// Event is one row of the BigQuery export.
type Event struct {
	Line int // of the file, from 1
	Name string
	At   time.Time // UTC
	// User is user_pseudo_id, "" where the visitor did not consent to a cookie.
	User    string
	Session int64 // ga_session_id, 0 if there is none; of one user
	Engaged bool  // the session counts as engaged, as of this event
	// EngagementMillis is the time that the page was in the foreground.
	EngagementMillis int64
	Page, Referrer   string

	Campaign     utm.Tags // collected_traffic_source: what this event's address said
	LastClick    utm.Tags // session_traffic_source_last_click: what Google says of the session
	HasLastClick bool
	FirstUser    utm.Tags // traffic_source: of the first visit ever of the user
	ClickIDs     []Cell   // gclid, dclid, srsltid where there is one

	// Value is the parameter "value" in "currency", or else event_value_in_usd.
	// The zero Money means that there is none.
	Value smm.Money
	// Params are the other parameters, in their order, as text.
	Params []Cell
}

// Events reads the BigQuery export of Google Analytics (tables events_ and
// events_intraday_) as JSON lines, as "bq extract" writes them.
type Events struct {
	in               *bufio.Reader
	line             int
	unknown, leftOut map[string]bool
	maxLine          int
	noValue          int
}

// NewEvents returns a reader of events. It is not safe for concurrent use.
func NewEvents(r io.Reader) *Events {
	return &Events{in: bufio.NewReaderSize(r, 1<<16), unknown: map[string]bool{}, leftOut: map[string]bool{}, maxLine: 16 << 20}
}

// Unknown returns the columns so far that this package does not know, by name.
func (e *Events) Unknown() []string { return slices.Sorted(maps.Keys(e.unknown)) }

// LeftOut returns the columns so far that are known and have no place in Event:
// device, geo, items and others.
func (e *Events) LeftOut() []string { return slices.Sorted(maps.Keys(e.leftOut)) }

// NoValue returns how many events had a value that is no plain number, or a
// value without a currency; their Value is not known.
func (e *Events) NoValue() int { return e.noValue }

// All returns the events in the order of the file. After an error, which
// matches smm.ErrInvalid unless reading itself failed, the sequence stops.
func (e *Events) All() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		for {
			ev, err := e.next()
			if errors.Is(err, io.EOF) {
				return
			}
			if !yield(ev, err) || err != nil {
				return
			}
		}
	}
}

func (e *Events) next() (Event, error) {
	for {
		raw, err := e.readLine()
		if err != nil {
			return Event{}, err
		}
		if raw = bytes.TrimSpace(raw); len(raw) > 0 {
			return e.event(raw)
		}
	}
}

func (e *Events) readLine() ([]byte, error) {
	var out []byte
	for {
		part, err := e.in.ReadSlice('\n')
		out = append(out, part...)
		switch {
		case len(out) > e.maxLine:
			return nil, fmt.Errorf("%w: line %d is longer than %d bytes", smm.ErrInvalid, e.line+1, e.maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && (len(out) == 0 || !errors.Is(err, io.EOF)):
			return nil, err
		}
		e.line++
		if e.line == 1 {
			out = bytes.TrimPrefix(out, []byte("\uFEFF"))
		}
		return out, nil
	}
}

// known are the columns that Event has no place for, and those that it has
// (true). Source: Analytics Help, "BigQuery Export schema".
var known = map[string]bool{
	"event_name": true, "event_timestamp": true, "user_pseudo_id": true, "event_params": true, "traffic_source": true,
	"collected_traffic_source": true, "event_value_in_usd": true,
	// Parts of these two are read, and the rest is left out.
	"session_traffic_source_last_click": false, "ecommerce": false,
	"event_date": false, "event_previous_timestamp": false, "event_bundle_sequence_id": false, "event_server_timestamp_offset": false,
	"user_id": false, "privacy_info": false, "user_properties": false, "user_first_touch_timestamp": false, "user_ltv": false,
	"device": false, "geo": false, "app_info": false, "stream_id": false, "platform": false, "event_dimensions": false, "items": false,
	"is_active_user": false, "batch_event_index": false, "batch_ordering_id": false, "batch_page_id": false, "publisher": false,
}

// text is a scalar as text: exports write integers, and floats that are no
// number, as strings.
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(raw []byte) error {
	switch {
	case string(raw) == "null":
		return nil
	case raw[0] == '"':
		return json.Unmarshal(raw, (*string)(t))
	case raw[0] == '{' || raw[0] == '[':
		return errors.New("want a scalar")
	}
	*t = text(raw)
	return nil
}

// wire is one row as BigQuery writes it: integers are text there.
type wire struct {
	Name   string `json:"event_name"`
	Micros text   `json:"event_timestamp"`
	User   string `json:"user_pseudo_id"`
	Params []struct {
		Key   string `json:"key"`
		Value struct {
			String text `json:"string_value"`
			Int    text `json:"int_value"`
			Float  text `json:"float_value"`
			Double text `json:"double_value"`
		} `json:"value"`
	} `json:"event_params"`
	FirstUser struct {
		Source string `json:"source"`
		Medium string `json:"medium"`
		Name   string `json:"name"`
	} `json:"traffic_source"`
	Collected struct {
		wireCampaign

		GCLID   string `json:"gclid"`
		DCLID   string `json:"dclid"`
		SRSLTID string `json:"srsltid"`
	} `json:"collected_traffic_source"`
	LastClick *struct {
		Manual *struct {
			ID       string `json:"campaign_id"`
			Name     string `json:"campaign_name"`
			Source   string `json:"source"`
			Medium   string `json:"medium"`
			Term     string `json:"term"`
			Content  string `json:"content"`
			Platform string `json:"source_platform"`
			Format   string `json:"creative_format"`
			Tactic   string `json:"marketing_tactic"`
		} `json:"manual_campaign"`
	} `json:"session_traffic_source_last_click"`
	USD       text `json:"event_value_in_usd"`
	Ecommerce struct {
		RevenueUSD text `json:"purchase_revenue_in_usd"`
	} `json:"ecommerce"`
}

type wireCampaign struct {
	ID       string `json:"manual_campaign_id"`
	Name     string `json:"manual_campaign_name"`
	Source   string `json:"manual_source"`
	Medium   string `json:"manual_medium"`
	Term     string `json:"manual_term"`
	Content  string `json:"manual_content"`
	Platform string `json:"manual_source_platform"`
	Format   string `json:"manual_creative_format"`
	Tactic   string `json:"manual_marketing_tactic"`
}

func (e *Events) event(raw []byte) (Event, error) {
	var columns map[string]json.RawMessage
	if err := json.Unmarshal(raw, &columns); err != nil {
		return Event{}, fmt.Errorf("%w: line %d is no JSON object: %w", smm.ErrInvalid, e.line, err)
	}
	for name, value := range columns {
		if used, ok := known[name]; !ok {
			e.unknown[name] = true
		} else if !used && string(value) != "null" {
			e.leftOut[name] = true
		}
	}
	var w wire
	if err := json.Unmarshal(raw, &w); err != nil {
		return Event{}, fmt.Errorf("%w: line %d is no row of the export: %w", smm.ErrInvalid, e.line, err)
	}
	micros, err := strconv.ParseInt(string(w.Micros), 10, 64)
	if w.Name == "" || err != nil {
		return Event{}, fmt.Errorf("%w: line %d has no event_name, or no event_timestamp in microseconds", smm.ErrInvalid, e.line)
	}
	ev := Event{
		Line: e.line, Name: w.Name, At: time.UnixMicro(micros).UTC(), User: w.User,
		FirstUser: utm.Tags{Source: w.FirstUser.Source, Medium: w.FirstUser.Medium, Campaign: w.FirstUser.Name},
	}
	c := w.Collected.wireCampaign
	ev.Campaign = utm.Tags{
		Source: c.Source, Medium: c.Medium, Campaign: c.Name, CampaignID: c.ID, Term: c.Term, Content: c.Content,
		SourcePlatform: c.Platform, CreativeFormat: c.Format, MarketingTactic: c.Tactic,
	}
	for _, id := range []Cell{{"gclid", w.Collected.GCLID}, {"dclid", w.Collected.DCLID}, {"srsltid", w.Collected.SRSLTID}} {
		if id.Text != "" {
			ev.ClickIDs = append(ev.ClickIDs, id)
		}
	}
	if w.LastClick != nil && w.LastClick.Manual != nil {
		m := w.LastClick.Manual
		ev.HasLastClick = true
		ev.LastClick = utm.Tags{
			Source: m.Source, Medium: m.Medium, Campaign: m.Name, CampaignID: m.ID, Term: m.Term, Content: m.Content,
			SourcePlatform: m.Platform, CreativeFormat: m.Format, MarketingTactic: m.Tactic,
		}
	}
	e.params(&ev, &w)
	return ev, nil
}

// params reads the parameters, and the value out of them.
func (e *Events) params(ev *Event, w *wire) {
	var value, currency string
	for i := range w.Params {
		p := &w.Params[i]
		text := string(cmp.Or(p.Value.Int, p.Value.Double, p.Value.Float, p.Value.String))
		switch p.Key {
		case "ga_session_id":
			ev.Session, _ = strconv.ParseInt(text, 10, 64)
		case "session_engaged":
			ev.Engaged = text == "1"
		case "engagement_time_msec":
			ev.EngagementMillis, _ = strconv.ParseInt(text, 10, 64)
		case "page_location":
			ev.Page = text
		case "page_referrer":
			ev.Referrer = text
		case "value":
			value = text
		case "currency":
			currency = strings.ToUpper(strings.TrimSpace(text))
		default:
			ev.Params = append(ev.Params, Cell{p.Key, text})
		}
	}
	usd := string(cmp.Or(w.USD, w.Ecommerce.RevenueUSD))
	for _, v := range []Cell{{currency, value}, {"USD", usd}} {
		if v.Column == "" || v.Text == "" {
			continue
		}
		if n, _, err := millionths(v.Text); err == nil {
			ev.Value = smm.Money{Micros: n, Currency: v.Column}
			return
		}
	}
	if value != "" || usd != "" {
		e.noValue++
	}
}
