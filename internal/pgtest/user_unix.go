//go:build unix

package pgtest

import (
	"errors"
	"os"
	"os/user"
	"strconv"
	"syscall"
)

// runAs returns how PostgreSQL's programs are run: as whom, if not as oneself.
func runAs() (*syscall.SysProcAttr, error) {
	// A group of their own: an interrupt from the keyboard is for the tests.
	as := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return as, nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, errU := strconv.ParseUint(u.Uid, 10, 32)
		gid, errG := strconv.ParseUint(u.Gid, 10, 32)
		if errU == nil && errG == nil && uid != 0 {
			as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
			return as, nil
		}
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody")
}

// own gives a file to the user that the server runs as.
func own(path string, as *syscall.SysProcAttr) error {
	if as.Credential == nil {
		return nil
	}
	return os.Chown(path, int(as.Credential.Uid), int(as.Credential.Gid))
}
