package quota

import (
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// FuzzState: whatever stands in a store, a limiter says that it cannot use it
// or gives out no more than the budget has.
func FuzzState(f *testing.F) {
	f.Add([]byte(`{"schema":1}`), uint8(0))
	f.Add([]byte(`{"schema":2}`), uint8(0))
	f.Add([]byte(`{"schema":1,"shape":"rolling","holders":{"x":{"held":3,"idle":1,"until":"2026-11-22T12:00:10Z","seq":1}},"limit":10,"model":{"limit":10,"log":[[1795348800000,1795348800000,4,0]]}}`), uint8(0))
	f.Add([]byte(`{"schema":1,"shape":"fixed","model":{"limit":10,"known":true,"heard":true,"reset":"2026-11-22T12:00:10Z","lowest":4}}`), uint8(1))
	f.Add([]byte(`{"schema":1,"shape":"bucket","model":{"empty":"2026-11-22T11:00:00Z"}}`), uint8(2))
	f.Add([]byte(`{"schema":1,"shape":"percent","model":{"share":10,"since":1,"per_unit":0.5}}`), uint8(3))
	f.Add([]byte(`{"schema":1,"fair":{"askers":{"t":[1,2,3,4,5,6,0,0,0,0,0,0,0,0],"u":[0,0,0,0,0,0,0,0,0,0,0,0,0,0]}}}`), uint8(0))
	f.Add([]byte(`{"schema":1,"until":"9999-01-01T00:00:00Z","strike":9,"model":{}}`), uint8(0))
	f.Fuzz(func(t *testing.T, state []byte, shape uint8) {
		store := NewMemoryStore(nil)
		if _, err := store.Swap(t.Context(), userKey, 0, state, time.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		shapes := []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed, smm.QuotaBucket, smm.QuotaPercent}
		lim := smm.QuotaLimit{Shape: shapes[int(shape)%len(shapes)], Limit: 10, Window: time.Minute}
		clock := newFakeClock()
		l := mustNew(t, Config{Store: store, Clock: clock, Limit: limits{userKey: lim}.get})
		n := 0
		for range 40 {
			g, err := l.Reserve(t.Context(), smm.PriorityPublish, smm.Charge{Key: userKey, Cost: 1})
			if limited, ok := errors.AsType[*smm.RateLimitError](err); ok {
				require.Positive(t, limited.After)
				break
			}
			if err != nil {
				require.ErrorIs(t, err, smm.ErrInvalid)
				break
			}
			n++
			l.Report(t.Context(), g, smm.QuotaReport{Sent: true})
		}
		if lim.Shape == smm.QuotaBucket || lim.Shape == smm.QuotaRolling {
			require.LessOrEqual(t, n, 10)
		}
		require.NoError(t, l.Close(t.Context()))
		if n > 0 { // what a limiter writes it can read
			_, err := l.Left(t.Context(), userKey)
			require.NoError(t, err)
		}
	})
}

// FuzzReport: no answer may break a limiter.
func FuzzReport(f *testing.F) {
	f.Add(int64(10), int64(3), 50.0, int64(60), int64(0), true, uint8(0))
	f.Add(int64(-1), int64(-1), -1.0, int64(-9), int64(1<<60), false, uint8(1))
	f.Fuzz(func(t *testing.T, limit, remaining int64, percent float64, reset, wait int64, throttle bool, shape uint8) {
		shapes := []smm.QuotaShape{smm.QuotaRolling, smm.QuotaFixed, smm.QuotaBucket, smm.QuotaPercent, ""}
		clock := newFakeClock()
		s := smm.QuotaState{Key: userKey, Limit: limit, Remaining: remaining, Percent: percent, Reset: clock.now.Add(time.Duration(reset))}
		for _, store := range []Store{nil, NewMemoryStore(clock)} {
			l := mustNew(t, Config{Clock: clock, Store: store, Limit: func(smm.QuotaKey) (smm.QuotaLimit, bool) {
				kind := shapes[int(shape)%len(shapes)]
				return smm.QuotaLimit{Shape: kind, Limit: 10, Window: time.Minute}, kind != ""
			}})
			charge := smm.Charge{Key: userKey, Cost: 1}
			for range 3 {
				g, err := l.Reserve(t.Context(), smm.PriorityPublish, charge)
				if err != nil {
					d, has := smm.RetryAfter(err)
					if !has || d <= 0 || d > 292*365*24*time.Hour {
						t.Fatalf("wait %s, %v", d, err)
					}
					clock.now = clock.now.Add(min(d, time.Hour))
					continue
				}
				l.Report(t.Context(), g, smm.QuotaReport{Sent: true, Throttle: throttle, After: time.Duration(wait), States: []smm.QuotaState{s}})
			}
			if err := l.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
