package localweb

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/smmkit/smmkit/smm/sim"
)

// faultKind is a kind of fault in words.
type faultKind struct {
	Kind sim.FaultKind
	Text string
}

// faultKinds has the order in which they are most often wanted.
var faultKinds = []faultKind{
	{sim.DropReply, "takes effect, no reply"},
	{sim.ErrorAfter, "takes effect, answered with an error"},
	{sim.ErrorBefore, "no effect, answered with an error"},
	{sim.CutBefore, "connection breaks at once"},
	{sim.CutBody, "connection breaks during the request"},
	{sim.CutReply, "takes effect, reply breaks off"},
	{sim.Late, "connection breaks, takes effect later"},
	{sim.Slow, "takes effect, reply comes later"},
	{sim.Throttle, "refused for lack of quota"},
	{sim.Expire, "refused as if the token had expired"},
	{sim.Garbage, "takes effect, answered with a web page"},
	{sim.Spoil, "takes effect, answered with JSON that is wrong"},
}

// faultRow is a fault in force, in words.
type faultRow struct {
	ID     int
	Kind   sim.FaultKind
	Where  string // which requests
	Detail string // how often and how
}

func faultRows(faults []sim.Fault) []faultRow {
	rows := make([]faultRow, 0, len(faults))
	for _, f := range faults {
		rows = append(rows, faultRow{ID: f.ID, Kind: f.Kind, Where: faultWhere(f), Detail: faultDetail(f)})
	}
	return rows
}

func faultWhere(f sim.Fault) string {
	requests := "any request"
	if f.Class != "" {
		requests = string(f.Class) + " requests"
	}
	if f.Op != "" {
		requests += " " + f.Op
	}
	if f.Platform == "" {
		return requests + " on any platform"
	}
	return requests + " on " + platformName(f.Platform)
}

func faultDetail(f sim.Fault) string {
	var parts []string
	switch {
	case f.Times < 0:
		parts = append(parts, "every time")
	case f.Times > 1:
		parts = append(parts, fmt.Sprintf("%d times", f.Times))
	default:
		parts = append(parts, "once")
	}
	if f.Skip > 0 {
		parts = append(parts, fmt.Sprintf("after %d more", f.Skip))
	}
	switch f.Kind { // only what bears on the kind
	case sim.ErrorBefore, sim.ErrorAfter:
		parts = append(parts, fmt.Sprintf("status %d", cmp.Or(f.Status, 500)))
	case sim.Late, sim.Slow:
		parts = append(parts, "delay "+f.Delay.Round(time.Millisecond).String())
	case sim.CutReply:
		parts = append(parts, fmt.Sprintf("cut after %d bytes", f.Bytes))
	case sim.Spoil:
		parts = append(parts, "shape "+string(cmp.Or(f.Shape, sim.ShapeTypes)))
	}
	return strings.Join(parts, ", ")
}
