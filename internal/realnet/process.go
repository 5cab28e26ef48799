package realnet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"sync"
	"time"
)

// startLimit is how long a start may take. Seven seconds are usual on a quiet
// machine.
const startLimit = 3 * time.Minute

// process is a running network.mjs. It ends when hold is closed, and so when
// this process ends, however it does.
type process struct {
	network *Network
	cmd     *exec.Cmd
	hold    io.Closer
	errors  tail
}

// launch starts a network with further arguments and waits until all is up.
func launch(args ...string) (*process, error) {
	node, path, err := script("network.mjs")
	if err != nil {
		return nil, err
	}
	dir, err := installed()
	if err != nil {
		return nil, err
	}
	args = append([]string{path, "--dir", dir, "--until-eof"}, args...)
	p := &process{cmd: exec.Command(node, args...)} //nolint:noctx,gosec // it outlives every test by design, and is our own script
	p.cmd.Stderr = &p.errors
	if p.hold, err = p.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	late := time.AfterFunc(startLimit, func() { _ = p.cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	late.Stop()
	if err == nil {
		p.network, err = attach(string(line))
	}
	if err != nil {
		p.stop()
		return nil, fmt.Errorf("network.mjs did not come up within %s: %w\n%s", startLimit, err, p.errors.String())
	}
	return p, nil
}

// stop ends the network and waits for it.
func (p *process) stop() {
	_ = p.hold.Close()
	late := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	_ = p.cmd.Wait() // its exit code says nothing that its last words do not
}

// tail keeps the last words of a process.
type tail struct {
	mu sync.Mutex
	b  bytes.Buffer
}

const tailBytes = 16 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(p)
	if n := t.b.Len() - tailBytes; n > 0 {
		t.b.Next(n)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

var errConsent = errors.New("consent.mjs")
