package realnet

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestLockFile: every version is pinned, by what it contains and not by where
// it comes from.
func TestLockFile(t *testing.T) {
	raw, err := os.ReadFile("package-lock.json")
	if err != nil {
		t.Fatal(err)
	}
	var lock struct {
		Packages map[string]struct {
			Version, Resolved, Integrity string
			Dependencies                 map[string]string
		}
	}
	if err := json.Unmarshal(raw, &lock); err != nil {
		t.Fatal(err)
	}
	if len(lock.Packages) < 100 {
		t.Fatalf("%d packages", len(lock.Packages))
	}
	for name, p := range lock.Packages {
		switch {
		case p.Resolved != "":
			t.Errorf("%s names a registry: delete the field resolved", name)
		case name != "" && (p.Version == "" || !strings.HasPrefix(p.Integrity, "sha512-")):
			t.Errorf("%s is not pinned: version %q, integrity %q", name, p.Version, p.Integrity)
		}
	}
	manifest, err := os.ReadFile("package.json")
	if err != nil {
		t.Fatal(err)
	}
	var want struct{ Dependencies map[string]string }
	if err := json.Unmarshal(manifest, &want); err != nil {
		t.Fatal(err)
	}
	for name, version := range want.Dependencies {
		if strings.Trim(version, "0123456789.") != "" || lock.Packages[""].Dependencies[name] != version ||
			lock.Packages["node_modules/"+name].Version != version {
			t.Errorf("%s %s is a range, or another version than in the lock file", name, version)
		}
	}
}

func TestAttach(t *testing.T) {
	const line = `{"pds":"http://localhost:1","plc":"http://localhost:2","version":"0.3.215","accounts":[{"handle":"alice.test","did":"did:plc:a","password":"p"}]}`
	file := filepath.Join(t.TempDir(), "network.json")
	if err := os.WriteFile(file, []byte(line+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, v := range []string{line, " " + line + "\n", file} {
		n, err := attach(v)
		if err != nil {
			t.Fatal(err)
		}
		if n.PDS != "http://localhost:1" || len(n.Accounts) != 1 || n.Accounts[0].Handle != "alice.test" || n.AppView != "" {
			t.Errorf("%+v", n)
		}
	}
	for _, v := range []string{"{", "{}", `{"pds":"http://localhost:1"}`, filepath.Join(t.TempDir(), "none.json")} {
		if n, err := attach(v); err == nil || !strings.Contains(err.Error(), EnvNetwork) {
			t.Errorf("%q: %+v, %v", v, n, err)
		}
	}
}

func TestMissing(t *testing.T) {
	t.Setenv(EnvDir, t.TempDir())
	if _, err := installed(); !errors.Is(err, errMissing) || !strings.Contains(err.Error(), "install.mjs") {
		t.Errorf("an empty folder: %v", err)
	}
}

// start launches a network for one test, past the one that is shared.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	if testing.Short() {
		t.Skip("the real network is no part of a short run")
	}
	p, err := launch(args...)
	settle(t, err)
	t.Cleanup(p.stop)
	return p
}

// gone waits until something is over.
func gone(t *testing.T, what string, over func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(time.Minute)
	for !over() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s outlived the network", what)
		}
	}
}

// TestNothingOutlivesTheNetwork kills the script in the way that it cannot
// notice, and looks for what it has started.
func TestNothingOutlivesTheNetwork(t *testing.T) {
	p := start(t)
	n := p.network
	if _, err := os.Stat(n.Work); err != nil {
		t.Fatalf("the work folder: %v", err)
	}
	servers := childrenOf(t, n.Work)
	if len(servers) < 2 {
		t.Fatalf("want PostgreSQL and its guardian at least, found %v", servers)
	}
	listensOnLoopbackOnly(t, n)
	if err := p.cmd.Process.Kill(); err != nil { // SIGKILL
		t.Fatal(err)
	}
	gone(t, "the folder "+n.Work, func() bool { _, err := os.Stat(n.Work); return errors.Is(err, fs.ErrNotExist) })
	gone(t, "a process", func() bool { return len(childrenOf(t, n.Work)) == 0 })
}

// childrenOf returns the processes whose command line names a folder.
func childrenOf(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) == 0 {
		t.Skip("this system has no /proc to look for processes in")
	}
	var out []string
	for _, name := range found {
		if b, err := os.ReadFile(name); err == nil && strings.Contains(string(b), folder) {
			out = append(out, name)
		}
	}
	return out
}

// listensOnLoopbackOnly dials every server at every other address of this
// machine.
func listensOnLoopbackOnly(t *testing.T, n *Network) {
	t.Helper()
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{n.PDS, n.PLC, n.AppView, n.Ozone} {
		u, err := url.Parse(base)
		if err != nil || u.Port() == "" {
			t.Fatalf("%q: %v", base, err)
		}
		if _, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", u.Port()), time.Second); err != nil {
			t.Errorf("%s does not listen: %v", base, err)
		}
		for _, a := range addrs {
			ip, ok := a.(*net.IPNet)
			if !ok || ip.IP.IsLoopback() || ip.IP.To4() == nil {
				continue
			}
			if c, err := net.DialTimeout("tcp", net.JoinHostPort(ip.IP.String(), u.Port()), time.Second); err == nil {
				_ = c.Close()
				t.Errorf("%s listens on %s as well", base, ip.IP)
			}
		}
	}
}

// TestConsentStaysOnLoopback: the script signs in with a password, so it goes
// nowhere else.
func TestConsentStaysOnLoopback(t *testing.T) {
	if _, _, err := script("consent.mjs"); err != nil {
		settle(t, err)
	}
	for _, address := range []string{"http://192.0.2.1/oauth/authorize", "https://localhost/oauth/authorize", "http://example.com/"} {
		_, err := consent(t, address, "alice.test", "alice-password", false)
		if err == nil || !strings.Contains(err.Error(), "is not on loopback") {
			t.Errorf("%s: %v", address, err)
		}
	}
}
