package sqlitestore_test

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"unsafe"

	"modernc.org/libc"
	sqlite3 "modernc.org/sqlite/lib"
)

// sector is what a disk writes as a whole.
const sector = 512

// disk is a virtual file system for SQLite that remembers of each file what was
// synced. Files lie on the real file system; fsync only moves the line between
// what a loss of power keeps and what it may lose. Memory that processes share
// is not on it: it is gone with the power.
type disk struct {
	name string
	base uintptr // the real file system's sqlite3_vfs
	own  uintptr
	keep []any // functions that only SQLite knows

	mu      sync.Mutex
	files   map[string]*diskFile
	handles map[uintptr]string // paths by sqlite3_file
	methods map[uintptr]uintptr
	ops     int
	at      func(op int) // called for each operation, with mu held
	liar    func(path string) bool
}

// diskFile is one file.
type diskFile struct {
	durable []byte // nil: not even its name is
	pending []diskOp
}

// diskOp is a write, or a truncation if data is nil.
type diskOp struct {
	off  int64
	data []byte
}

func (f *diskFile) apply(op diskOp) {
	if op.data == nil {
		if op.off < int64(len(f.durable)) {
			f.durable = f.durable[:op.off]
		}
		return
	}
	if end := op.off + int64(len(op.data)); end > int64(len(f.durable)) {
		f.durable = append(f.durable, make([]byte, end-int64(len(f.durable)))...)
	}
	copy(f.durable[op.off:], op.data)
}

var disks atomic.Int64

// newDisk registers a disk with SQLite until the test ends.
func newDisk(t *testing.T) *disk {
	t.Helper()
	d := &disk{
		name: fmt.Sprint("powerloss", disks.Add(1)), files: make(map[string]*diskFile),
		handles: make(map[uintptr]string), methods: make(map[uintptr]uintptr), at: func(int) {},
	}
	tls := libc.NewTLS()
	t.Cleanup(tls.Close)
	d.base = sqlite3.Xsqlite3_vfs_find(tls, 0)
	own := *vfsOf(d.base)
	name, err := libc.CString(d.name)
	if err != nil {
		t.Fatal(err)
	}
	own.FzName, own.FpNext = name, 0
	own.FxOpen, own.FxDelete = d.pointer(d.open), d.pointer(d.remove)
	d.own = libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(own)))
	*vfsOf(d.own) = own
	if rc := sqlite3.Xsqlite3_vfs_register(tls, d.own, 0); rc != sqlite3.SQLITE_OK {
		t.Fatalf("the disk was not registered: %d", rc)
	}
	t.Cleanup(func() { sqlite3.Xsqlite3_vfs_unregister(tls, d.own) })
	return d
}

// The C structures, at addresses that Go does not own.
func vfsOf(p uintptr) *sqlite3.Tsqlite3_vfs { return *(**sqlite3.Tsqlite3_vfs)(unsafe.Pointer(&p)) }

func fileOf(p uintptr) *sqlite3.Tsqlite3_file { return *(**sqlite3.Tsqlite3_file)(unsafe.Pointer(&p)) }

func methodsOf(p uintptr) *sqlite3.Tsqlite3_io_methods {
	return *(**sqlite3.Tsqlite3_io_methods)(unsafe.Pointer(&p))
}

// pointer returns a function as translated C calls it.
func (d *disk) pointer(f any) uintptr {
	d.keep = append(d.keep, f)
	return (*[2]uintptr)(unsafe.Pointer(&f))[1]
}

// function is the opposite of pointer.
func function[F any](p uintptr) F { return *(*F)(unsafe.Pointer(&struct{ uintptr }{p})) }

type (
	openFunc   = func(tls *libc.TLS, vfs, name, file uintptr, flags int32, out uintptr) int32
	removeFunc = func(tls *libc.TLS, vfs, name uintptr, syncDir int32) int32
	writeFunc  = func(tls *libc.TLS, file, buf uintptr, n int32, off int64) int32
	truncFunc  = func(tls *libc.TLS, file uintptr, size int64) int32
	closeFunc  = func(tls *libc.TLS, file uintptr) int32
)

func (d *disk) open(tls *libc.TLS, _, name, file uintptr, flags int32, out uintptr) int32 {
	rc := function[openFunc](vfsOf(d.base).FxOpen)(tls, d.base, name, file, flags, out)
	under := fileOf(file).FpMethods
	if rc != sqlite3.SQLITE_OK || name == 0 || under == 0 {
		return rc
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	path := libc.GoString(name)
	d.handles[file] = path
	if d.files[path] == nil {
		d.files[path] = &diskFile{}
	}
	if d.methods[under] == 0 {
		m := *methodsOf(under)
		m.FxWrite, m.FxTruncate = d.pointer(d.writer(m.FxWrite)), d.pointer(d.truncater(m.FxTruncate))
		m.FxSync, m.FxClose = d.pointer(d.sync), d.pointer(d.closer(m.FxClose))
		p := libc.Xmalloc(tls, libc.Tsize_t(unsafe.Sizeof(m)))
		*methodsOf(p) = m
		d.methods[under] = p
	}
	fileOf(file).FpMethods = d.methods[under]
	return rc
}

func (d *disk) remove(tls *libc.TLS, _, name uintptr, syncDir int32) int32 {
	rc := function[removeFunc](vfsOf(d.base).FxDelete)(tls, d.base, name, syncDir)
	d.mu.Lock()
	defer d.mu.Unlock()
	if rc == sqlite3.SQLITE_OK {
		delete(d.files, libc.GoString(name))
	}
	return rc
}

func (d *disk) writer(under uintptr) writeFunc {
	return func(tls *libc.TLS, file, buf uintptr, n int32, off int64) int32 {
		rc := function[writeFunc](under)(tls, file, buf, n, off)
		if rc == sqlite3.SQLITE_OK {
			d.note(file, diskOp{off, bytes.Clone(libc.GoBytes(buf, int(n)))})
		}
		return rc
	}
}

func (d *disk) truncater(under uintptr) truncFunc {
	return func(tls *libc.TLS, file uintptr, size int64) int32 {
		rc := function[truncFunc](under)(tls, file, size)
		if rc == sqlite3.SQLITE_OK {
			d.note(file, diskOp{off: size})
		}
		return rc
	}
}

func (d *disk) closer(under uintptr) closeFunc {
	return func(tls *libc.TLS, file uintptr) int32 {
		d.mu.Lock()
		delete(d.handles, file)
		d.mu.Unlock()
		return function[closeFunc](under)(tls, file)
	}
}

func (d *disk) note(file uintptr, op diskOp) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if f := d.files[d.handles[file]]; f != nil {
		f.pending = append(f.pending, op)
	}
	d.ops++
	d.at(d.ops)
}

// sync makes what was written durable. The name of the file is too: SQLite syncs
// the directory with a new file.
func (d *disk) sync(_ *libc.TLS, file uintptr, _ int32) int32 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ops++
	d.at(d.ops)
	path := d.handles[file]
	f := d.files[path]
	if f == nil || (d.liar != nil && d.liar(filepath.Base(path))) {
		return sqlite3.SQLITE_OK
	}
	for _, op := range f.pending {
		f.apply(op)
	}
	f.pending = nil
	if f.durable == nil {
		f.durable = []byte{}
	}
	return sqlite3.SQLITE_OK
}

// afterLoss returns the files as a loss of power leaves them. With torn, any of
// the sectors that were not synced may have been written as well. The caller
// holds mu, or nothing else uses the disk.
func (d *disk) afterLoss(torn bool, rnd *rand.Rand) map[string][]byte {
	out := make(map[string][]byte)
	for path, f := range d.files {
		g := diskFile{durable: bytes.Clone(f.durable)}
		if torn {
			for _, op := range f.pending {
				tear(&g, op, rnd)
			}
		}
		if g.durable != nil {
			out[filepath.Base(path)] = g.durable
		}
	}
	return out
}

// tear lets a random part of an operation happen.
func tear(f *diskFile, op diskOp, rnd *rand.Rand) {
	share := []float64{0, 0.5, 0.9, 1}[rnd.IntN(4)]
	if op.data == nil {
		if rnd.Float64() < share {
			f.apply(op)
		}
		return
	}
	for begin := int64(0); begin < int64(len(op.data)); {
		n := min(sector-(op.off+begin)%sector, int64(len(op.data))-begin)
		if rnd.Float64() < share {
			f.apply(diskOp{op.off + begin, op.data[begin : begin+n]})
		}
		begin += n
	}
}

// restore writes files into a new directory and returns the path of the store.
func restore(t *testing.T, files map[string][]byte) string {
	t.Helper()
	dir := t.TempDir()
	for name, b := range maps.All(files) {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "smm.db")
}
