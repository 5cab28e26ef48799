//go:build !unix

package pgtest

import (
	"errors"
	"testing"
)

// Options shape Start.
type Options struct{ Settings []string }

// Server stands for one that this system cannot run.
type Server struct{}

func create(string, []string) (*Server, error) { return nil, errors.ErrUnsupported }

// Start ends the test.
func Start(tb testing.TB, _ *Options) *Server {
	tb.Helper()
	need(tb)
	return nil
}

// Stop does nothing.
func (s *Server) Stop(testing.TB, bool) {}

// Start does nothing.
func (s *Server) Start(testing.TB) {}

// NewDatabase does nothing.
func (s *Server) NewDatabase(testing.TB) string { return "" }

// URL does nothing.
func (s *Server) URL(string) string { return "" }
