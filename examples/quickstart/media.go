package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/mediahost"
)

// openMedia makes the pictures and films of the plan available: to drivers that
// upload them, as a store, and to platforms that fetch them, under addresses that
// are signed and expire.
//
// Simulators reach an address of this machine. The real platforms do not, so
// there the host is nil unless -media-url says how they would; what needs it is
// a finding then.
func (s *stage) openMedia(ctx context.Context, o options, p *plan, scr *screen) (smm.MediaStore, error) {
	store, err := p.mediaStore()
	if err != nil {
		return nil, err
	}
	if o.live && o.mediaURL == "" {
		scr.say("Nobody can fetch media from here: pictures and films for Instagram and Threads need -media-url")
		return store, nil
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", o.mediaAddr)
	if err != nil {
		return nil, usagef("-media-addr: %v", err)
	}
	base := o.mediaURL
	if base == "" {
		base = "http://" + l.Addr().String()
	}
	host, err := mediahost.New(mediahost.Config{
		// Nobody asks for an address that an earlier process gave: platforms
		// fetch at once. A host that runs in many processes shares a key.
		Key:   smm.NewSecret(rand.Text()),
		Store: store, BaseURL: base, Clock: s.clock,
	})
	if err != nil {
		return nil, errors.Join(usagef("-media-url: %v", err), l.Close())
	}
	prefix, err := url.Parse(base)
	if err != nil {
		return nil, errors.Join(err, l.Close())
	}
	server := &http.Server{Handler: http.StripPrefix(prefix.Path, host), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(l) }() // ends with Close; whoever fetches notices otherwise
	s.media = host
	s.closers = append(s.closers, server.Close)
	return store, nil
}
