package httpx

import (
	"crypto/rand"
	"fmt"
	"io"
	"strings"

	"github.com/smmkit/smmkit/smm"
)

// Part is one field of a multipart form: a Value, or the bytes of a Reader.
type Part struct {
	Name        string
	Value       string // if Reader is nil
	FileName    string // "" for a plain field
	ContentType string // "" for none with a Value, application/octet-stream with a Reader
	Reader      io.Reader
	Size        int64 // of Reader in bytes; -1 if unknown, which makes the whole body chunked
}

// Multipart is a multipart/form-data body (RFC 7578). Readers are streamed
// while the request is sent; see Stream for what is asked of them.
func Multipart(parts ...Part) Body {
	boundary := rand.Text()
	var (
		pieces []func(int) (io.Reader, error)
		total  int64
		text   strings.Builder
	)
	flush := func() {
		s := text.String()
		text.Reset()
		pieces = append(pieces, func(int) (io.Reader, error) { return strings.NewReader(s), nil })
	}
	for _, p := range parts {
		if p.Name == "" || p.Size < -1 {
			return Body{err: fmt.Errorf("%w: multipart field without a name or of negative size", smm.ErrInvalid)}
		}
		n := text.Len()
		writePartHeader(&text, boundary, p)
		if p.Reader == nil {
			text.WriteString(p.Value)
		}
		if total >= 0 {
			total += int64(text.Len() - n)
		}
		if p.Reader != nil {
			flush()
			pieces = append(pieces, sized(rewinder(p.Reader), p.Size, p.Name))
			if p.Size < 0 || total < 0 {
				total = -1
			} else {
				total += p.Size
			}
		}
		n = text.Len()
		text.WriteString("\r\n")
		if total >= 0 {
			total += int64(text.Len() - n)
		}
	}
	n := text.Len()
	text.WriteString("--" + boundary + "--\r\n")
	if total >= 0 {
		total += int64(text.Len() - n)
	}
	flush()
	return Body{contentType: []string{"multipart/form-data; boundary=" + boundary}, size: total, stream: sequence(pieces)}
}

func writePartHeader(b *strings.Builder, boundary string, p Part) {
	b.WriteString("--" + boundary + "\r\nContent-Disposition: form-data; name=\"" + quoteParam(p.Name) + "\"")
	if p.FileName != "" {
		b.WriteString("; filename=\"" + quoteParam(p.FileName) + "\"")
	}
	ct := p.ContentType
	if ct == "" && p.Reader != nil {
		ct = "application/octet-stream"
	}
	if ct != "" {
		b.WriteString("\r\nContent-Type: " + lineBreaks.Replace(ct))
	}
	b.WriteString("\r\n\r\n")
}

// The escapes are those of browsers (WHATWG HTML, "multipart/form-data
// encoding algorithm"), which every server has met.
var (
	paramEscapes = strings.NewReplacer("\r", "%0D", "\n", "%0A", `"`, "%22", "\x00", "")
	lineBreaks   = strings.NewReplacer("\r", "", "\n", "", "\x00", "")
)

func quoteParam(s string) string { return paramEscapes.Replace(s) }

func sequence(pieces []func(int) (io.Reader, error)) func(int) (io.Reader, error) {
	return func(attempt int) (io.Reader, error) {
		readers := make([]io.Reader, len(pieces))
		for i, p := range pieces {
			r, err := p(attempt)
			if err != nil {
				return nil, err
			}
			readers[i] = r
		}
		return io.MultiReader(readers...), nil
	}
}

// sized makes a part that is shorter or longer than it said fail, rather than
// shift the bytes of the next part into its place.
func sized(open func(int) (io.Reader, error), size int64, name string) func(int) (io.Reader, error) {
	if size < 0 {
		return open
	}
	return func(attempt int) (io.Reader, error) {
		r, err := open(attempt)
		if err != nil {
			return nil, err
		}
		return &exactReader{r: r, left: size, name: name}, nil
	}
}

type exactReader struct {
	r    io.Reader
	left int64
	name string
}

func (e *exactReader) Read(p []byte) (int, error) {
	if e.left == 0 {
		var one [1]byte
		if n, _ := io.ReadFull(e.r, one[:]); n > 0 {
			return 0, &sizeError{e.name, "longer"}
		}
		return 0, io.EOF
	}
	if int64(len(p)) > e.left {
		p = p[:e.left]
	}
	n, err := e.r.Read(p)
	e.left -= int64(n)
	if err == io.EOF && e.left > 0 {
		return n, &sizeError{e.name, "shorter"}
	}
	if err == io.EOF {
		err = nil
	}
	return n, err
}

// sizeError says that a part has not the size that was announced.
type sizeError struct{ field, how string }

// Error implements error.
func (e *sizeError) Error() string {
	return fmt.Sprintf("multipart field %q is %s than its size", e.field, e.how)
}
