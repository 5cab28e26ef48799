package smmtest

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

const (
	forgeries  = 100_000 // of one delivery
	hookEvents = 2_000   // told in all
	hookBatch  = 1_000   // told at once
)

// webhooks sends a driver deliveries that were changed on the way, which it must
// refuse, and honest ones again, out of order and overlapping, which must tell
// the same as each once.
func webhooks(t tester, s *suite) {
	s.sub(t, "webhooks", "forged", func(t tester) { s.forged(t) })
	s.sub(t, "webhooks", "replayed", func(t tester) { s.replayed(t) })
}

// receiver returns the driver as one that takes webhooks.
func (l *lab) receiver() smm.WebhookReceiver {
	l.t.Helper()
	r, ok := l.h.NewDriver(l.t).(smm.WebhookReceiver)
	if !ok {
		l.t.Skip("the driver is no WebhookReceiver")
	}
	if l.h.Webhook == nil {
		l.t.Skip("nobody sends webhooks: the harness has no Webhook")
	}
	return r
}

// tell returns the events of a delivery, which must be taken and be readable.
func (l *lab) tell(r smm.WebhookReceiver, numbers []int) []smm.Event {
	l.t.Helper()
	body := l.h.Webhook.Body(numbers)
	header := l.h.Webhook.Sign(body)
	if err := r.VerifyWebhook(header, body, l.clock.Now()); err != nil {
		l.t.Fatalf("an honest delivery was refused: %v", err)
	}
	var out []smm.Event
	for e, err := range r.DecodeWebhook(header, body) {
		if err != nil {
			l.t.Fatalf("an honest delivery: %v", err)
		}
		out = append(out, e)
	}
	if len(out) != len(numbers) {
		l.t.Fatalf("%d events of %d told", len(out), len(numbers))
	}
	return out
}

func (s *suite) forged(t tester) {
	l := s.lab(t)
	r := l.receiver()
	l.tell(r, []int{1, 2, 3})
	f := newForger(l.h.Webhook)
	if len(f.signed) == 0 {
		t.Fatal("Webhook.Sign gives every body the same header")
	}
	now, accepted := l.clock.Now(), 0
	for range forgeries {
		header, body := f.forge()
		err := r.VerifyWebhook(header, body, now)
		if err == nil {
			if accepted++; accepted <= 3 {
				t.Errorf("a forgery was accepted: header %v, body %.300q", header, body)
			}
		} else if !errors.Is(err, smm.ErrForbidden) {
			t.Fatalf("a forgery gives %v, want one that matches ErrForbidden", err)
		}
	}
	if accepted > 0 {
		t.Errorf("%d of %d forgeries were accepted", accepted, forgeries)
	}
	l.tell(r, []int{1, 2, 3})
}

// forger changes one thing about a delivery.
type forger struct {
	rng    *rand.Rand
	body   []byte
	header http.Header
	other  http.Header // of another body
	signed []string    // the names of headers that depend on the body
}

func newForger(w *Webhook) *forger {
	f := &forger{rng: rand.New(rand.NewPCG(7, 11)), body: w.Body([]int{1, 2, 3})}
	f.header, f.other = w.Sign(f.body), w.Sign(w.Body([]int{4}))
	for name, values := range f.header {
		if !slices.Equal(values, f.other[name]) {
			f.signed = append(f.signed, name)
		}
	}
	slices.Sort(f.signed)
	return f
}

func (f *forger) forge() (http.Header, []byte) {
	for {
		if f.rng.IntN(2) == 0 {
			if body := f.newBody(); !bytes.Equal(body, f.body) {
				return f.header, body
			}
			continue
		}
		name := f.signed[f.rng.IntN(len(f.signed))]
		if values := f.newValues(name); !slices.Equal(values, f.header[name]) {
			header := f.header.Clone()
			header[name] = values
			return header, f.body
		}
	}
}

func (f *forger) newBody() []byte {
	b := bytes.Clone(f.body)
	i, j := f.rng.IntN(len(b)), f.rng.IntN(len(b))
	switch f.rng.IntN(7) {
	case 0:
		b[i] ^= 1 << f.rng.IntN(8)
	case 1:
		return slices.Delete(b, i, i+1)
	case 2:
		return slices.Insert(b, i, byte(f.rng.IntN(256)))
	case 3:
		return b[:i]
	case 4:
		b[i], b[j] = b[j], b[i]
	case 5:
		return append(b, " \n\x00}"[f.rng.IntN(4)])
	default:
		return append(b, b[min(i, j):max(i, j)]...)
	}
	return b
}

func (f *forger) newValues(name string) []string {
	v := f.header.Get(name)
	const letters = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+/=-_ "
	i := f.rng.IntN(len(v))
	switch f.rng.IntN(9) {
	case 0:
		return nil
	case 1:
		return []string{""}
	case 2:
		return []string{v, v}
	case 3:
		return f.other[name]
	case 4:
		return []string{v[:i]}
	case 5:
		return []string{strings.ToUpper(v)}
	case 6:
		return []string{v[:i] + string(letters[f.rng.IntN(len(letters))]) + v[i:]}
	case 7:
		_, bare, _ := strings.Cut(v, "=")
		return []string{bare}
	}
	return []string{v[:i] + string(letters[f.rng.IntN(len(letters))]) + v[i+1:]}
}

// happened is what tells one event from another.
type happened struct {
	id               string
	kind             smm.EventKind
	channel, subject smm.Ref
	text             smm.Untrusted
}

func gather(into map[happened]int, events []smm.Event) {
	for i := range events {
		h := happened{id: events[i].ID, kind: events[i].Kind, channel: events[i].Channel, subject: events[i].Subject}
		if m := events[i].Message; m != nil {
			h.text = m.Text
		}
		into[h]++
	}
}

func (s *suite) replayed(t tester) {
	l := s.lab(t)
	r := l.receiver()
	once, again := map[happened]int{}, map[happened]int{}
	all := make([]int, hookEvents)
	for i := range all {
		all[i] = i + 1
		gather(once, l.tell(r, all[i:i+1]))
	}
	ids := map[string]bool{}
	for h := range once {
		if h.id == "" {
			t.Fatal("an event without an ID")
		}
		ids[h.id] = true
	}
	if len(ids) != hookEvents {
		t.Fatalf("%d events have %d IDs", hookEvents, len(ids))
	}
	// Each batch has as many that were told before as new ones, and comes twice.
	rng := rand.New(rand.NewPCG(3, 5))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	const fresh = hookBatch / 2
	for at := 0; at < hookEvents; at += fresh {
		batch := slices.Clone(all[at : at+fresh])
		for range fresh {
			batch = append(batch, all[rng.IntN(at+fresh)])
		}
		rng.Shuffle(len(batch), func(i, j int) { batch[i], batch[j] = batch[j], batch[i] })
		gather(again, l.tell(r, batch))
		gather(again, l.tell(r, batch))
	}
	for h := range again {
		if once[h] == 0 {
			t.Fatalf("told again it is another event: %+v", h)
		}
	}
	if len(again) != len(once) {
		t.Errorf("%d events told in batches, %d one by one", len(again), len(once))
	}
}
