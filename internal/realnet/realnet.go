package realnet

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"

	"github.com/smmkit/smmkit/internal/deptest/repo"
)

// Environment variables.
const (
	// EnvNetwork describes a running network: the line of JSON that network.mjs
	// printed, or the name of a file that holds it.
	EnvNetwork = "SMMKIT_BLUESKY_NETWORK"
	// EnvRequire makes a test fail instead of skip where there is no network,
	// when it is "1".
	EnvRequire = "SMMKIT_REQUIRE_NETWORK"
	// EnvDir is the folder that install.mjs installed into.
	EnvDir = "SMMKIT_REALNET"
	// EnvCache is the project's cache folder, whose default is smmkit in the
	// user's; the packages are in realnet below it unless EnvDir is set.
	EnvCache = "SMMKIT_CACHE"
)

// Network is a running stack. Base URLs have no trailing slash.
type Network struct {
	PDS      string    `json:"pds"`
	AppView  string    `json:"appview"` // "" with the PDS alone
	PLC      string    `json:"plc"`
	Ozone    string    `json:"ozone"`   // "" with the PDS alone
	Labeler  string    `json:"labeler"` // what reports are addressed to, as the atproto-proxy header names it
	Version  string    `json:"version"` // of @atproto/dev-env
	Work     string    `json:"work"`    // the folder of everything it stores
	Accounts []Account `json:"accounts"`
}

// Account is an account on the PDS. Its password works for sessions and for the
// pages of the OAuth provider.
type Account struct {
	Handle   string `json:"handle"`
	DID      string `json:"did"`
	Password string `json:"password"`
}

// Server is the name of what a recording was made with; Network.Version is its
// version.
const Server = "@atproto/dev-env"

// Start returns the network that all tests of this process share. The first
// call attaches to it or starts it; it ends with the process. Where there is
// none, the test is skipped with the reason, or fails if [EnvRequire] is set. Short
// runs are always without it.
func Start(t testing.TB) *Network {
	t.Helper()
	if testing.Short() {
		t.Skip("the real network is no part of a short run")
	}
	n, err := shared()
	settle(t, err)
	return n
}

var shared = sync.OnceValues(func() (*Network, error) {
	if v := os.Getenv(EnvNetwork); v != "" {
		return attach(v)
	}
	p, err := launch()
	if err != nil {
		return nil, err
	}
	return p.network, nil // the process is left to end with this one
})

// StartPDS starts a PDS that counts requests and write points, with its PLC
// directory and nothing else, for one test.
func StartPDS(t testing.TB) *Network {
	t.Helper()
	if testing.Short() {
		t.Skip("the real PDS is no part of a short run")
	}
	p, err := launch("--pds-only", "--rate-limits")
	settle(t, err)
	t.Cleanup(p.stop)
	return p.network
}

// errMissing says that something is not installed.
var errMissing = errors.New("no real Bluesky network here")

func settle(t testing.TB, err error) {
	t.Helper()
	switch {
	case err == nil:
	case errors.Is(err, errMissing) && os.Getenv(EnvRequire) != "1":
		t.Skip(err)
	default:
		t.Fatal(err)
	}
}

// attach reads the description of a network.
func attach(v string) (*Network, error) {
	data := []byte(v)
	if !bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		var err error
		if data, err = os.ReadFile(v); err != nil { //nolint:gosec // whoever runs the tests names it
			return nil, fmt.Errorf("%s is neither JSON nor a readable file: %w", EnvNetwork, err)
		}
	}
	n := new(Network)
	if err := json.Unmarshal(data, n); err != nil {
		return nil, fmt.Errorf("%s: %w", EnvNetwork, err)
	}
	if n.PDS == "" || n.PLC == "" || n.Version == "" || len(n.Accounts) == 0 {
		return nil, fmt.Errorf("%s lacks pds, plc, version or accounts: want what network.mjs prints", EnvNetwork)
	}
	return n, nil
}

// script returns the path of one of the package's scripts, and node's.
func script(name string) (node, path string, err error) {
	wd, err := os.Getwd()
	if err != nil {
		return "", "", err
	}
	root, err := repo.Root(wd)
	if err != nil {
		return "", "", err
	}
	if node, err = exec.LookPath("node"); err != nil {
		return "", "", fmt.Errorf("%w: node is not in PATH", errMissing)
	}
	return node, filepath.Join(root, "internal", "realnet", name), nil
}

// installed returns the folder of the packages.
func installed() (string, error) {
	dir := os.Getenv(EnvDir)
	if dir == "" {
		cache := os.Getenv(EnvCache)
		if cache == "" {
			user, err := os.UserCacheDir()
			if err != nil {
				return "", fmt.Errorf("%w: %w", errMissing, err)
			}
			cache = filepath.Join(user, "smmkit")
		}
		dir = filepath.Join(cache, "realnet")
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "@atproto", "dev-env", "package.json")); err != nil { //nolint:gosec // whoever runs the tests names it
		return "", fmt.Errorf("%w: %s is not in %s: run node internal/realnet/install.mjs", errMissing, Server, dir)
	}
	return dir, nil
}
