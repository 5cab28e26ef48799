package worktest

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"testing"
)

// Process is this test's program once more, started with other variables in its
// environment, by which its TestMain knows what it is.
type Process struct {
	Cmd *exec.Cmd
	In  io.WriteCloser
	Out *bufio.Reader
}

// Start starts a process, which ends with the test at the latest.
func Start(t *testing.T, env ...string) *Process {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return &Process{cmd, in, bufio.NewReader(out)}
}

// Await waits for the line by which the process says how far it is.
func (p *Process) Await(t *testing.T, want string) *Process {
	t.Helper()
	if line, err := p.Out.ReadString('\n'); line != want+"\n" {
		t.Fatalf("the process said %q (%v), want %q", line, err, want)
	}
	return p
}

// Kill kills the process, and fails the test if it had ended by itself.
func (p *Process) Kill(t *testing.T) {
	t.Helper()
	if err := p.Cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := p.Cmd.Wait(); err == nil {
		t.Fatal("the kill came too late: the process had nothing left to do")
	}
}

// Wait waits until the process ends, and fails the test unless it ends well.
func (p *Process) Wait(t *testing.T) {
	t.Helper()
	if err := p.Cmd.Wait(); err != nil {
		t.Fatal(err)
	}
}

// Finish closes the process's standard input, by which some know that they are
// to end, and waits.
func (p *Process) Finish(t *testing.T) {
	t.Helper()
	if err := p.In.Close(); err != nil {
		t.Fatal(err)
	}
	p.Wait(t)
}

// Main runs what a process of a test is, ends it, and does not return.
func Main(run func() error) {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}
