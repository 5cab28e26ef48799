package imports_test

import (
	"testing"
	"time"

	"github.com/smmkit/smmkit/analytics/imports"
)

func TestNumbers(t *testing.T) {
	const point, comma, unknown = imports.DecimalPoint, imports.DecimalComma, imports.DecimalUnknown
	type num = imports.Number
	for _, c := range []struct {
		cell    string
		decimal imports.DecimalSign
		whole   bool
		want    num
		code    imports.Code
	}{
		{"0", unknown, true, num{}, ""},
		{"1234", unknown, true, num{Micros: 1234e6}, ""},
		{"1,520", unknown, true, num{Micros: 1520e6}, ""},
		{"1.520", unknown, true, num{Micros: 1520e6}, ""},
		{"1,000", unknown, true, num{}, imports.CodeAmbiguous},
		{"1,000", point, true, num{Micros: 1000e6}, ""},
		{"1.234", unknown, false, num{}, imports.CodeAmbiguous},
		{"1.234", comma, false, num{Micros: 1234e6}, ""},
		{"1,234.5", unknown, false, num{Micros: 1_234_500_000}, ""},
		{"1.234,5", unknown, false, num{Micros: 1_234_500_000}, ""},
		{"1.234.567", unknown, true, num{Micros: 1_234_567e6}, ""},
		{"12,34,567", unknown, true, num{Micros: 1_234_567e6}, ""},
		{"12,34", unknown, false, num{Micros: 12_340_000}, ""},
		{"0.125", unknown, false, num{Micros: 125_000}, ""},
		{".5", point, false, num{Micros: 500_000}, ""},
		{"1 234 567", unknown, true, num{Micros: 1_234_567e6}, ""},
		{"1\u202f234", unknown, true, num{Micros: 1234e6}, ""},
		{"1'234.50", unknown, false, num{Micros: 1_234_500_000}, ""},
		{"1.2K", point, true, num{Micros: 1200e6, Rounded: true}, ""},
		{"1.234K", point, true, num{Micros: 1234e6, Rounded: true}, ""},
		{"3,4 Mio.", unknown, true, num{Micros: 3_400_000e6, Rounded: true}, ""},
		{"2 Tsd.", unknown, true, num{Micros: 2000e6, Rounded: true}, ""},
		{"1.5B", point, true, num{Micros: 1_500_000_000e6, Rounded: true}, ""},
		{"4.2%", point, false, num{Micros: 4_200_000, Percent: true}, ""},
		{"4,2 %", unknown, false, num{Micros: 4_200_000, Percent: true}, ""},
		{"€1,234.50", unknown, false, num{Micros: 1_234_500_000, Currency: "EUR"}, ""},
		{"1.234,50 €", unknown, false, num{Micros: 1_234_500_000, Currency: "EUR"}, ""},
		{"3,4 Mio. €", unknown, false, num{Micros: 3_400_000e6, Rounded: true, Currency: "EUR"}, ""},
		{"12.50 USD", point, false, num{Micros: 12_500_000, Currency: "USD"}, ""},
		{"-4", unknown, true, num{Micros: -4e6}, ""},
		{"−4", unknown, true, num{Micros: -4e6}, ""},
		{`="17"`, unknown, true, num{Micros: 17e6}, ""},
		{"", unknown, true, num{Missing: true}, ""},
		{" -- ", unknown, true, num{Missing: true}, ""},
		{"N/A", unknown, true, num{Missing: true}, ""},
		{"—", unknown, true, num{Missing: true}, ""},
		{"=1+1", unknown, true, num{}, imports.CodeNumber},
		{"=cmd|'/C calc'!A0", unknown, true, num{}, imports.CodeNumber},
		{"<10", unknown, true, num{}, imports.CodeNumber},
		{"1, 234", point, true, num{}, imports.CodeNumber},
		{"12 34", unknown, true, num{}, imports.CodeNumber},
		{"1,23,4", point, true, num{}, imports.CodeAmbiguous},
		{"abc", unknown, true, num{}, imports.CodeNumber},
		{"99999999999999", unknown, true, num{}, imports.CodeRange},
		{"9223372036854", unknown, true, num{Micros: 9223372036854e6}, ""},
		{"9999999999B", unknown, true, num{Rounded: true}, imports.CodeRange},
	} {
		got, code := imports.ParseNumber(c.cell, c.decimal, c.whole)
		if code != c.code || (code == "" && got != c.want) {
			t.Errorf("%q with %q: got %+v, %q, want %+v, %q", c.cell, c.decimal, got, code, c.want, c.code)
		}
	}
}

func TestTimes(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	asOf := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		cell  string
		order imports.DateOrder
		want  string
		whole bool
		code  imports.Code
	}{
		{"2026-02-03", "", "2026-02-02T23:00:00Z", true, ""},
		{"20260203", "", "2026-02-02T23:00:00Z", true, ""},
		{"2026/02/03 14:05", "", "2026-02-03T13:05:00Z", false, ""},
		{"2026-07-03 14:05:09", "", "2026-07-03T12:05:09Z", false, ""},
		{"2026-02-03T14:05:09Z", "", "2026-02-03T14:05:09Z", false, ""},
		{"2026-02-03T14:05:09", "", "2026-02-03T13:05:09Z", false, ""},
		{"2019-05-01 13:45 +0000", "", "2019-05-01T13:45:00Z", false, ""},
		{"02/03/2026 06:08", imports.MonthFirst, "2026-02-03T05:08:00Z", false, ""},
		{"02/03/2026 06:08", imports.DayFirst, "2026-03-02T05:08:00Z", false, ""},
		{"02/03/2026", "", "", false, imports.CodeAmbiguous},
		{"13/03/2026", imports.MonthFirst, "", false, imports.CodeDate},
		{"03.02.2026, 6:08", imports.DayFirst, "2026-02-03T05:08:00Z", false, ""},
		{"02/03/2026 12:08 AM", imports.MonthFirst, "2026-02-02T23:08:00Z", false, ""},
		{"02/03/2026 12:08 p.m.", imports.MonthFirst, "2026-02-03T11:08:00Z", false, ""},
		{"Tue, Mar 10, 2026", "", "2026-03-09T23:00:00Z", true, ""},
		{"Feb 3, 2026", "", "2026-02-02T23:00:00Z", true, ""},
		{"3. März 2025", "", "2025-03-02T23:00:00Z", true, ""},
		{"9 de julio de 2025", "", "2025-07-08T22:00:00Z", true, ""},
		{"28 May", "", "2025-05-27T22:00:00Z", true, ""},
		{"September 25", "", "2025-09-24T22:00:00Z", true, ""},
		{"1 March", "", "2026-02-28T23:00:00Z", true, ""},
		{"2 March", "", "2025-03-01T23:00:00Z", true, ""},
		{"29 February", "", "2024-02-28T23:00:00Z", true, ""},
		{"2026-02-30", "", "", false, imports.CodeDate},
		{"2026-02-03 25:00", "", "", false, imports.CodeDate},
		{"Lifetime", "", "", false, imports.CodeDate},
		{"", "", "", false, imports.CodeDate},
		{"3/4/26", imports.DayFirst, "", false, imports.CodeDate},
	} {
		got, whole, code := imports.ParseTime(c.cell, c.order, berlin, asOf)
		if code != c.code || (code == "" && (got.Format(time.RFC3339) != c.want || whole != c.whole)) {
			t.Errorf("%q %q: got %s, %t, %q, want %s, %t, %q", c.cell, c.order, got.Format(time.RFC3339), whole, code, c.want, c.whole, c.code)
		}
	}
}
