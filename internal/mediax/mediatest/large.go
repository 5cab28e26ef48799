package mediatest

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"sync"

	"github.com/smmkit/smmkit/smm"
)

// Large is a store with one video of many bytes, none of which exist: its head
// is that of a film, the rest zeros that are made while they are read. It looks
// at the heap meanwhile, so that tests can tell whether somebody keeps what he
// reads. It is safe for concurrent use.
type Large struct {
	name string
	head []byte
	size int64

	mu     sync.Mutex
	reads  int
	bytes  int64
	opened int
	before uint64
	peak   uint64
}

const lookEvery = 256 // reads between two looks at the heap

// NewLarge makes a store in which name is the film m, size bytes long, which is
// at most 4 GB.
func NewLarge(name string, m Movie, size int64) *Large {
	head := append(m.FileType(), m.Index()...)
	frame := append(make([]byte, 4), "mdat"...)
	binary.BigEndian.PutUint32(frame, uint32(size-int64(len(head))))
	l := &Large{name: name, head: append(head, frame...), size: size}
	runtime.GC()
	l.before = heap()
	return l
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// OpenMedia implements smm.MediaStore.
func (l *Large) OpenMedia(_ context.Context, _ smm.Tenant, name string) (smm.Blob, error) {
	if name != l.name {
		return nil, fmt.Errorf("asset %q: %w", name, fs.ErrNotExist)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.opened++
	return &largeFile{SectionReader: io.NewSectionReader(l, 0, l.size)}, nil
}

type largeFile struct{ *io.SectionReader }

// Close implements io.Closer.
func (*largeFile) Close() error { return nil }

// ReadAt implements io.ReaderAt.
func (l *Large) ReadAt(p []byte, at int64) (int, error) {
	if at >= l.size {
		return 0, io.EOF
	}
	n := int(min(int64(len(p)), l.size-at))
	clear(p[:n])
	if at < int64(len(l.head)) {
		copy(p[:n], l.head[at:])
	}
	l.note(n)
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (l *Large) note(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.bytes += int64(n)
	if l.reads++; l.reads%lookEvery == 0 {
		l.peak = max(l.peak, heap())
	}
}

// Read returns how many bytes were read so far.
func (l *Large) Read() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.bytes
}

// Opened returns how often the film was opened.
func (l *Large) Opened() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.opened
}

// Grown returns by how many bytes the heap was larger than at NewLarge, at most,
// whenever somebody looked. It looks once more.
func (l *Large) Grown() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.peak = max(l.peak, heap())
	return int64(l.peak) - int64(l.before)
}
