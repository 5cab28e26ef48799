package ical_test

import (
	"os"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler/ical"
)

func ExampleWrite() {
	at := time.Date(2030, 3, 1, 9, 0, 0, 0, time.UTC)
	var b strings.Builder
	err := ical.Write(&b, ical.Calendar{Name: "Shop", Now: at, Events: []ical.Event{
		{UID: "1@shop", Start: at, Summary: "We open at nine, come in"},
	}})
	if err != nil {
		panic(err)
	}
	_, _ = os.Stdout.WriteString(strings.ReplaceAll(b.String(), "\r\n", "\n"))
	// Output:
	// BEGIN:VCALENDAR
	// VERSION:2.0
	// PRODID:-//smmkit//scheduler//EN
	// CALSCALE:GREGORIAN
	// METHOD:PUBLISH
	// NAME:Shop
	// X-WR-CALNAME:Shop
	// BEGIN:VEVENT
	// UID:1@shop
	// DTSTAMP:20300301T090000Z
	// SEQUENCE:0
	// DTSTART:20300301T090000Z
	// DTEND:20300301T091500Z
	// SUMMARY:We open at nine\, come in
	// STATUS:CONFIRMED
	// TRANSP:TRANSPARENT
	// END:VEVENT
	// END:VCALENDAR
}
