package sim_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/smmkit/smmkit/smm/sim"
)

const reply = `{"a":["1",{"ok":true}],"id":"12","n":7}`

func spoiled(t *testing.T, f sim.Fault) string {
	t.Helper()
	world := sim.NewWorldAt(sim.NewClock(start, true))
	f.Kind = sim.Spoil
	world.Faults.Add(f)
	wire := sim.Wire{
		World: world, Classify: func(*http.Request) sim.Op { return sim.Op{} },
		Error: func(w http.ResponseWriter, _ *http.Request, status int) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"error":"`+http.StatusText(status)+`"}`)
		},
	}
	rec := httptest.NewRecorder()
	wire.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, reply)
	})).ServeHTTP(rec, httptest.NewRequest(http.MethodPost, "/", nil))
	if rec.Code != http.StatusOK || rec.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("status %d, type %q", rec.Code, rec.Header().Get("Content-Type"))
	}
	return rec.Body.String()
}

func TestShapes(t *testing.T) {
	want := map[sim.Shape]string{
		"":             `{"a":{"0":{"value":"1"},"1":{"ok":"true"}},"id":{"value":"12"},"n":[7]}`,
		sim.ShapeTypes: `{"a":{"0":{"value":"1"},"1":{"ok":"true"}},"id":{"value":"12"},"n":[7]}`,
		sim.ShapeTwice: `{"a":["1",{"ok":true,"ok":false}],"a":[],"id":"12","id":"122","n":7,"n":70}`,
		sim.ShapeList:  "[" + reply + "]",
		sim.ShapeNull:  "null",
		sim.ShapeBare:  "{}",
		sim.ShapeEmpty: "",
		sim.ShapeHalf:  reply[:len(reply)/2],
		sim.ShapePage:  "<!doctype html>",
		sim.ShapeError: `{"error":"Bad Gateway"}`,
		sim.ShapeDeep:  `{"data":{"data":`,
	}
	for _, shape := range append(sim.Shapes(), "") {
		t.Run(string(shape), func(t *testing.T) {
			exact, known := want[shape]
			got := spoiled(t, sim.Fault{Shape: shape, Status: http.StatusBadGateway})
			if !known || (exact == "") != (got == "") || !strings.HasPrefix(got, exact) {
				t.Fatalf("%.200q, want %q", got, exact)
			}
			if shape == sim.ShapeDeep && len(got) < 10<<20 {
				t.Fatalf("%d bytes", len(got))
			}
			if shape == sim.ShapeTypes && !json.Valid([]byte(got)) {
				t.Fatal("no JSON")
			}
		})
	}
	if n := len(spoiled(t, sim.Fault{Shape: sim.ShapeDeep, Bytes: 100})); n < 100 || n > 110 {
		t.Fatalf("%d bytes, want about 100", n)
	}
}
