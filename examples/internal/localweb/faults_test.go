package localweb

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm/sim"
)

func TestFaultRows(t *testing.T) {
	all := sim.Fault{Times: 1, Status: 503, Bytes: 7, Delay: 2 * time.Second}
	with := func(change func(*sim.Fault)) sim.Fault {
		f := all
		change(&f)
		return f
	}
	tests := []struct {
		fault         sim.Fault
		where, detail string
	}{
		{with(func(f *sim.Fault) { f.Kind = sim.DropReply }), "any request on any platform", "once"},
		{with(func(f *sim.Fault) { f.Kind, f.Times, f.Skip = sim.Throttle, 3, 2 }), "any request on any platform", "3 times, after 2 more"},
		{with(func(f *sim.Fault) { f.Kind, f.Times, f.Class = sim.ErrorAfter, -1, sim.Commit }), "commit requests on any platform", "every time, status 503"},
		{with(func(f *sim.Fault) { f.Kind, f.Status = sim.ErrorBefore, 0 }), "any request on any platform", "once, status 500"},
		{with(func(f *sim.Fault) { f.Kind, f.Platform = sim.Late, "bluesky" }), "any request on Bluesky", "once, delay 2s"},
		{with(func(f *sim.Fault) { f.Kind, f.Op = sim.CutReply, "x.y" }), "any request x.y on any platform", "once, cut after 7 bytes"},
		{with(func(f *sim.Fault) { f.Kind, f.Shape = sim.Spoil, sim.ShapeTwice }), "any request on any platform", "once, shape twice"},
	}
	for _, tt := range tests {
		t.Run(string(tt.fault.Kind), func(t *testing.T) {
			require.Equal(t, []faultRow{{Kind: tt.fault.Kind, Where: tt.where, Detail: tt.detail}}, faultRows([]sim.Fault{tt.fault}))
		})
	}
}

// TestFaultKinds keeps the words complete.
func TestFaultKinds(t *testing.T) {
	var named []sim.FaultKind
	for _, k := range faultKinds {
		named = append(named, k.Kind)
	}
	require.ElementsMatch(t, sim.FaultKinds(), named)
}
