package account

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"

	"github.com/smmkit/smmkit/smm"
)

// Open opens an asset of a post. That there is none is final, so that the error
// matches smm.ErrInvalid then.
func Open(ctx context.Context, r *smm.PublishRequest, name string) (smm.Blob, error) {
	blob, err := r.OpenMedia(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w: %w", smm.ErrInvalid, err)
	}
	return blob, err
}

// Asset opens an asset of a post, looks what it is, and goes back to its beginning.
func Asset(ctx context.Context, r *smm.PublishRequest, name string) (smm.Blob, smm.MediaInfo, error) {
	blob, err := Open(ctx, r, name)
	if err != nil {
		return nil, smm.MediaInfo{}, err
	}
	info, err := Probe(ctx, blob)
	if err == nil {
		_, err = blob.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = blob.Close() // only read
		return nil, smm.MediaInfo{}, err
	}
	return blob, info, nil
}

// Look tells what an asset of a post is.
func Look(ctx context.Context, r *smm.PublishRequest, name string) (smm.MediaInfo, error) {
	blob, info, err := Asset(ctx, r, name)
	if err != nil {
		return smm.MediaInfo{}, err
	}
	_ = blob.Close() // only read
	return info, nil
}

// ReaderAt reads at any place of r by going there. It is safe for concurrent use as
// long as nothing else reads r.
func ReaderAt(r io.ReadSeeker) io.ReaderAt { return &readerAt{r: r} }

type readerAt struct {
	mu sync.Mutex
	r  io.ReadSeeker
}

// ReadAt implements io.ReaderAt.
func (s *readerAt) ReadAt(b []byte, at int64) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.r.Seek(at, io.SeekStart); err != nil {
		return 0, err
	}
	n, err := io.ReadFull(s.r, b)
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = io.EOF
	}
	return n, err
}
