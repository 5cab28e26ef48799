package analytics

// Number is a Value in durable form. Value is null where State is
// StateUndefined; Reason then says why.
type Number struct {
	Value  *int64 `json:"value"`
	State  State  `json:"state"`
	Reason string `json:"reason,omitempty"`
}

// Rate is a Ratio in durable form: a fraction, or what the Unit of the KPI's
// definition says. Value is null where State is StateUndefined; Reason then says
// why.
type Rate struct {
	Value  *float64 `json:"value"`
	State  State    `json:"state"`
	Reason string   `json:"reason,omitempty"`
}

// Amount is a Value or Cost of money in durable form. Micros is null where
// State is StateUndefined; Reason then says why.
type Amount struct {
	Micros   *int64 `json:"micros"`
	Currency string `json:"currency,omitempty"`
	State    State  `json:"state"`
	Reason   string `json:"reason,omitempty"`
}

// Number returns v in durable form.
func (v Value) Number() Number {
	out := Number{State: v.State(), Reason: v.Reason()}
	if n, ok := v.Int64(); ok {
		out.Value = &n
	}
	return out
}

// Amount returns v, a sum of money, in durable form.
func (v Value) Amount() Amount {
	n := v.Number()
	return Amount{Micros: n.Value, Currency: v.Currency, State: n.State, Reason: n.Reason}
}

// Rate returns r in durable form.
func (r Ratio) Rate() Rate {
	out := Rate{State: r.State(), Reason: r.Reason()}
	if f, ok := r.Float64(); ok {
		out.Value = &f
	}
	return out
}

// Amount returns c in durable form.
func (c Cost) Amount() Amount {
	out := Amount{State: c.State(), Reason: c.Reason()}
	if m, ok := c.Money(); ok {
		out.Micros, out.Currency = &m.Micros, m.Currency
	}
	return out
}

// Span is an amount of time in durable form. Seconds is null where State is
// StateUndefined; Reason then says why.
type Span struct {
	Seconds *float64 `json:"seconds"`
	State   State    `json:"state"`
	Reason  string   `json:"reason,omitempty"`
}

// Span returns r, an amount of time for each of something, in durable form.
func (r Ratio) Span() Span {
	d, ok := r.Duration()
	if !ok {
		out := Span{State: StateUndefined, Reason: r.Reason()}
		if r.State() != StateUndefined {
			out.Reason = "not an amount of time that fits"
		}
		return out
	}
	seconds := d.Seconds()
	return Span{Seconds: &seconds, State: r.State(), Reason: r.Reason()}
}

func (g Growth) durable() Rate {
	out := Rate{State: g.State(), Reason: g.Reason()}
	if f, ok := g.Rate(); ok {
		out.Value = &f
	}
	return out
}

// perDay returns what a day brought on average in durable form.
func (g Growth) perDay() Rate {
	f, ok := g.NetPerDay()
	switch {
	case !ok && g.known == 0:
		return Rate{State: StateUndefined, Reason: "no day is known"}
	case !ok:
		return Rate{State: StateUndefined, Reason: "only one day is known"}
	case g.Estimated:
		return Rate{Value: &f, State: StateEstimated, Reason: "estimated by the platform"}
	}
	return Rate{Value: &f, State: StateComplete}
}
