package ground

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/smmkit/smmkit/internal/campaign/platform"
	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
)

// Stand is one server with the accounts that are published to.
type Stand struct {
	Platform *platform.Platform
	Server   platform.Server
	Scenes   []*platform.Scene
}

// takenBy reports whether a driver for the platform is there.
func (s *Stand) takenBy(drivers []smm.Driver) bool {
	return slices.ContainsFunc(drivers, func(d smm.Driver) bool { return d.Platform() == s.Server.Platform() })
}

// Place is one run of an entry: a world with servers and a store.
type Place struct {
	World *sim.World
	Store scheduler.Store
	Plans []Planned

	stands      []*Stand
	net         *Network
	credentials smm.CredentialStore
	marks       int
	lies        atomic.Int32
}

// Lies returns how many requests took effect and were answered with a refusal.
func (p *Place) Lies() int { return int(p.lies.Load()) }

// standOf returns the server at a host, nil if there is none.
func (p *Place) standOf(host string) *Stand {
	for _, s := range p.stands {
		if strings.HasSuffix(s.Server.URL(), "//"+host) {
			return s
		}
	}
	return nil
}

// Planned is a delivery that was planned and has to show up in public.
type Planned struct {
	Mark  string
	Stand *Stand
	Form  *platform.Form
	Part  int
	Due   time.Time
	// Files are the fingerprints of the files of a part without text: what joins it to
	// what the public saw, in place of the mark.
	Files []string
}

// Outside makes what must not be made in a bubble: servers listen.
func Outside(platforms ...*platform.Platform) *Place {
	p := &Place{World: sim.NewWorld(), credentials: smm.NewMemoryCredentials()}
	for _, pf := range platforms {
		p.stands = append(p.stands, &Stand{Platform: pf, Server: pf.Open(p.World)})
	}
	return p
}

// CloseOutside ends what Outside began.
func (p *Place) CloseOutside() {
	for _, s := range p.stands {
		s.Server.Close()
	}
}

// Open begins the run, in its bubble, with so many accounts on each server.
func (p *Place) Open(ctx context.Context, store scheduler.Store, accounts int) error {
	p.net = NewNetwork()
	for _, s := range p.stands {
		p.net.Serve(s.Platform.Addr(s.Server), s.Server.Handler())
	}
	return p.OpenReal(ctx, store, accounts)
}

// OpenReal is Open without a bubble: clients connect to the servers' own sockets.
func (p *Place) OpenReal(ctx context.Context, store scheduler.Store, accounts int) error {
	p.Store = store
	for _, s := range p.stands {
		for n := range accounts {
			sc, err := s.Platform.Set(ctx, s.Server, n, time.Now())
			if err != nil {
				return err
			}
			cred := s.Platform.Credential(sc.Account, s.Server.URL())
			if _, err := p.credentials.Swap(ctx, "", sc.Account.Channel, 0, cred); err != nil {
				return err
			}
			s.Scenes = append(s.Scenes, sc)
		}
	}
	return nil
}

// Close ends the run.
func (p *Place) Close() {
	if p.net != nil {
		p.net.Close()
	}
}

// Stands returns the servers.
func (p *Place) Stands() []*Stand { return p.stands }

// NewMarks returns n marks that no other post of the place has.
func (p *Place) NewMarks(n int) []string {
	out := make([]string, 0, n)
	for range n {
		p.marks++
		out = append(out, fmt.Sprintf("item %05dx", p.marks))
	}
	return out
}

// Plan schedules a post through a worker. What is planned is on record as soon as
// the call says so; calling again with the same marks after a crash is what a host
// does with a token.
func (p *Place) Plan(ctx context.Context, w *Worker, s *Stand, sc *platform.Scene, f *platform.Form, marks []string, at time.Time, policy smm.Policy) error {
	post := f.Post(sc, marks)
	_, _, err := w.Scheduler.Schedule(ctx, post, []smm.Ref{sc.Account.Channel}, at,
		&scheduler.ScheduleOptions{Token: marks[0], Policy: policy, AllowPast: true})
	if err != nil {
		return err
	}
	files, err := fingerprints(post)
	if err != nil {
		return err
	}
	for i, m := range marks {
		p.Plans = append(p.Plans, Planned{Mark: m, Stand: s, Form: f, Part: i, Due: at})
	}
	p.Plans[len(p.Plans)-len(marks)].Files = files
	return nil
}

// fingerprints are those of the files of a post without text.
func fingerprints(post *smm.Post) ([]string, error) {
	if post.Text != "" {
		return nil, nil
	}
	var out []string
	for _, m := range post.Media {
		sum, err := platform.Fingerprint(m.Name)
		if err != nil {
			return nil, err
		}
		out = append(out, sum)
	}
	return out, nil
}

// Idle reports whether every record is final or waits for a person.
func (p *Place) Idle(ctx context.Context) (bool, error) {
	asked := make(map[string]bool)
	var waiting []string
	for r, err := range p.Store.List(ctx, scheduler.Query{AllTenants: true}) {
		if err != nil {
			return false, err
		}
		d := &r.Delivery
		switch {
		case d.Phase == smm.PhaseHuman:
			asked[d.ID] = true
		case d.Phase == smm.PhaseWaiting:
			waiting = append(waiting, d.ID, d.Parent)
		case !d.Phase.Final():
			return false, nil
		}
	}
	for changed := true; changed; {
		changed = false
		for i := 0; i < len(waiting); i += 2 {
			if asked[waiting[i+1]] && !asked[waiting[i]] {
				asked[waiting[i]], changed = true, true
			}
		}
	}
	for i := 0; i < len(waiting); i += 2 {
		if !asked[waiting[i]] {
			return false, nil
		}
	}
	return true, nil
}

// Pause lets time pass, whatever becomes of anybody's context.
func Pause(d time.Duration) {
	<-time.NewTimer(d).C
}

// Await waits until the place is idle, at most for the time given, and reports
// whether it is.
func (p *Place) Await(ctx context.Context, bound time.Duration) (bool, error) {
	end := time.Now().Add(bound)
	for pause := time.Second; ; pause = min(2*pause, 30*time.Second) {
		idle, err := p.Idle(ctx)
		if idle || err != nil || time.Now().After(end) {
			return idle, err
		}
		Pause(pause)
	}
}
