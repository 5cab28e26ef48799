package value_test

import (
	"fmt"
	"time"

	"github.com/smmkit/smmkit/analytics"
	"github.com/smmkit/smmkit/analytics/value"
	"github.com/smmkit/smmkit/smm"
)

func at(day int) time.Time { return time.Date(2027, 3, day, 9, 0, 0, 0, time.UTC) }

func eur(units int64) smm.Money { return smm.Money{Micros: units * 1_000_000, Currency: "EUR"} }

// The same path under three models.
func ExampleAttribute() {
	paths := []value.Path{{
		Touches:   []value.Touch{{Channel: "instagram", At: at(1)}, {Channel: "newsletter", At: at(5)}, {Channel: value.Direct, At: at(6)}},
		Converted: true, At: at(6), Value: eur(100),
	}}
	for _, m := range []value.Model{value.LastNonDirect(), value.Linear(), value.Position(40, 40)} {
		a, err := value.Attribute(paths, m, value.Options{})
		if err != nil {
			panic(err)
		}
		fmt.Println(a.Model)
		for _, c := range a.Channels {
			fmt.Println(" ", c.Channel, c.Value)
		}
	}
	// Output:
	// last non-direct touch
	//   direct 0.00 EUR
	//   instagram 0.00 EUR
	//   newsletter 100.00 EUR
	// linear
	//   direct 33.333333 EUR
	//   instagram 33.333334 EUR
	//   newsletter 33.333333 EUR
	// position 40-20-40
	//   direct 40.00 EUR
	//   instagram 40.00 EUR
	//   newsletter 20.00 EUR
}

func ExampleReturns() {
	paths := []value.Path{{Touches: []value.Touch{{Channel: "instagram", At: at(1)}}, Converted: true, At: at(2), Value: eur(300)}}
	credit, err := value.Attribute(paths, value.Linear(), value.Options{})
	if err != nil {
		panic(err)
	}
	returns, err := value.Returns(credit, map[string]analytics.Value{"instagram": value.MoneyValue(eur(100))})
	if err != nil {
		panic(err)
	}
	roas, _ := returns[0].ROAS.Float64()
	roi, _ := returns[0].ROI.Float64()
	fmt.Printf("%s: ROAS %.1f, ROI %.1f\n", returns[0].Channel, roas, roi)
	// Output: instagram: ROAS 3.0, ROI 2.0
}

func ExampleLifetimeValues() {
	var customers []value.Customer
	for range 40 {
		customers = append(customers, value.Customer{Channel: "instagram", Acquired: at(1), Orders: []value.Order{
			{At: at(1), Value: eur(50)}, {At: at(20).AddDate(0, 1, 0), Value: eur(20)},
		}})
	}
	lives, err := value.LifetimeValues(customers, value.LifetimeOptions{AsOf: at(1).AddDate(0, 0, 60), Margin: 0.5, Horizon: 12})
	if err != nil {
		panic(err)
	}
	fmt.Println(lives[0].Value, lives[0].State, "-", lives[0].Reason)
	// Output: 35.00 EUR incomplete - observed 2 of 12 periods
}

func ExampleDatedRates_Convert() {
	rates, err := value.NewDatedRates(7*24*time.Hour, analytics.ExchangeRate{From: "EUR", To: "USD", Rate: "1.0832", Date: at(1), Source: "ECB reference rate"})
	if err != nil {
		panic(err)
	}
	m, err := rates.Convert(eur(100), "USD", at(3))
	fmt.Println(m, err)
	// Output: 108.32 USD <nil>
}
