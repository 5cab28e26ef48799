package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/smmkit/smmkit/scheduler"
	"github.com/smmkit/smmkit/smm"
	"github.com/smmkit/smmkit/smm/sim"
	"github.com/smmkit/smmkit/smm/sqlitestore"
)

// A campaign is one run of the calendar, from its first start to its end,
// through as many processes as it takes. On simulators it has accounts of its
// own, so that two data folders never publish under one name.
type campaignFile struct {
	Handle string `json:"handle"`
}

// file returns the path of a file of this desk. Simulated and real campaigns
// may share a folder, but never a file.
func (d *desk) file(name string) string { return filepath.Join(d.dir, d.stage.mode+"-"+name) }

// openFiles opens what is left of the campaign in the data folder, or begins
// one. Simulators forget everything when they end; a campaign that was
// published on others than these is over, and is cleared away.
func (d *desk) openFiles(ctx context.Context) error {
	if err := d.takeLock(ctx); err != nil {
		return err
	}
	if d.stage.control == nil {
		d.keys = smm.NewMemoryCredentials()
		return d.openDatabase(ctx)
	}
	for {
		handle, err := d.handle()
		if err != nil {
			return err
		}
		if err := d.stage.makeAccounts(ctx, handle); err != nil {
			return err
		}
		if err := d.openDatabase(ctx); err != nil {
			return err
		}
		over, err := d.over(ctx)
		if err != nil {
			return err
		}
		if !over {
			d.keys, err = d.openVault()
			return err
		}
		d.scr.say("These simulators do not know the campaign in the data folder: beginning a new one")
		if err := errors.Join(d.db.Close(), d.clear()); err != nil {
			return err
		}
	}
}

// takeLock waits until no other process works on the campaign: one that was
// started by a command that was killed itself may still run.
func (d *desk) takeLock(ctx context.Context) (err error) {
	for told := false; ; told = true {
		if d.lock, err = lock(d.file("lock")); d.lock != nil || err != nil {
			return err
		}
		if !told {
			d.scr.say("Another process works on this campaign: waiting for it")
		}
		if err := smm.SystemClock().Sleep(ctx, 100*time.Millisecond); err != nil {
			return err
		}
	}
}

func (d *desk) openDatabase(ctx context.Context) (err error) {
	path := d.file("campaign.db")
	if d.db, err = sqlitestore.Open(ctx, path, nil); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// handle returns the name of the campaign's accounts, the same in each run.
func (d *desk) handle() (string, error) {
	path := d.file("campaign.json")
	b, err := os.ReadFile(path)
	if err == nil {
		var c campaignFile
		if err := strictJSON(b, &c); err != nil || c.Handle == "" {
			return "", usagef("%s is damaged: remove it to begin a new campaign", path)
		}
		return c.Handle, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	c := campaignFile{Handle: "bakery"}
	if d.stage.mode == "connect" { // others may be there already
		c.Handle += strings.ToLower(rand.Text()[:5]) // letters and digits: other characters no two platforms agree on
	}
	if b, err = json.Marshal(c); err != nil {
		return "", err
	}
	return c.Handle, writeFile(path, b)
}

// over reports whether the stored campaign was published elsewhere: on another
// account, or as something that these simulators never saw.
func (d *desk) over(ctx context.Context) (bool, error) {
	seen, err := d.stage.control.items(ctx)
	if err != nil {
		return false, err
	}
	for r, err := range d.db.Deliveries().List(ctx, scheduler.Query{}) {
		if err != nil {
			return false, err
		}
		ours := slices.ContainsFunc(d.stage.logins, func(l login) bool { return l.channel == r.Delivery.Request.Channel })
		post := r.Delivery.Outcome.Post
		public := post.IsZero() || slices.ContainsFunc(seen, func(i sim.Item) bool { return i.ID == post.ID && i.Platform == post.Platform })
		if !ours || !public {
			return true, nil
		}
	}
	return false, nil
}

// clear removes the files of a simulated campaign.
func (d *desk) clear() error {
	var errs []error
	for _, name := range []string{"campaign.json", "campaign.db", "campaign.db-wal", "campaign.db-shm", "keys"} {
		if err := os.Remove(d.file(name)); !errors.Is(err, fs.ErrNotExist) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// writeFile writes a file whole or not at all, also if the process is killed.
func writeFile(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".new-")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name()) // the first error says more
	}
	return err
}
