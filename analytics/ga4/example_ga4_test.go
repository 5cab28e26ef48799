package ga4_test

import (
	"fmt"
	"strings"

	"github.com/smmkit/smmkit/analytics/ga4"
	"github.com/smmkit/smmkit/analytics/utm"
	"github.com/smmkit/smmkit/analytics/value"
)

// From an export of the interface to channels.
func ExampleReadCSV() {
	const export = `# Traffic acquisition
# Start date: 20270301
Session source,Session medium,Sessions,Engaged sessions,Total revenue
linkedin,social,200,120,499.95
linkedin,paid-social,50,20,0
(direct),(none),400,300,820
`
	tables, err := ga4.ReadCSV(strings.NewReader(export), ga4.Options{Currency: "EUR"})
	if err != nil {
		panic(err)
	}
	book, err := utm.Open(utm.Social())
	if err != nil {
		panic(err)
	}
	channels, err := tables[0].Funnel(ga4.FunnelOptions{Channel: ga4.ByPlatform(book)})
	if err != nil {
		panic(err)
	}
	for _, c := range channels {
		engaged := c.Steps[1]
		rate, _ := engaged.Rate.Float64()
		fmt.Printf("%s: %.1f %% engaged (%.1f to %.1f), %d micros %s\n", c.Name, 100*rate, 100*engaged.Low, 100*engaged.High, c.Revenue.Total, c.Revenue.Currency)
	}
	// Output:
	// Direct: 75.0 % engaged (70.5 to 79.0), 820000000 micros EUR
	// linkedin: 60.0 % engaged (53.1 to 66.5), 499950000 micros EUR
	// linkedin (paid): 40.0 % engaged (27.6 to 53.8), 0 micros EUR
}

// From events to attribution.
func ExampleSessions() {
	const export = `{"event_name":"page_view","event_timestamp":"1803895200000000","user_pseudo_id":"u","event_params":[{"key":"ga_session_id","value":{"int_value":"1"}}],"collected_traffic_source":{"manual_source":"linkedin","manual_medium":"social"}}
{"event_name":"purchase","event_timestamp":"1803981600000000","user_pseudo_id":"u","event_params":[{"key":"ga_session_id","value":{"int_value":"2"}},{"key":"value","value":{"double_value":49.95}},{"key":"currency","value":{"string_value":"EUR"}}]}
`
	visits, err := ga4.Sessions(ga4.NewEvents(strings.NewReader(export)).All(), "purchase")
	if err != nil {
		panic(err)
	}
	book, err := utm.Open(utm.Social())
	if err != nil {
		panic(err)
	}
	credit, err := value.Attribute(visits.Paths(ga4.BySession(book)), value.LastNonDirect(), value.Options{})
	if err != nil {
		panic(err)
	}
	for _, c := range credit.Channels {
		fmt.Println(c.Channel, c.Value)
	}
	// Output:
	// direct 0.00 EUR
	// linkedin 49.95 EUR
}
