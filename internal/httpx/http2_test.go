package httpx

import (
	"encoding/binary"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/smm"
)

// Frame types and codes of RFC 9113.
const (
	h2Headers, h2RstStream, h2Settings, h2GoAway = 1, 3, 4, 7
	h2NoError, h2ProtocolError, h2Refused        = 0, 1, 7
	h2EndStream                                  = 1
)

func h2Frame(kind, flags byte, stream uint32, payload ...uint32) []byte {
	b := []byte{0, 0, byte(4 * len(payload)), kind, flags}
	b = binary.BigEndian.AppendUint32(b, stream)
	for _, p := range payload {
		b = binary.BigEndian.AppendUint32(b, p)
	}
	return b
}

// h2Server answers each request over cleartext HTTP/2 with raw frames.
func h2Server(t *testing.T, answer func(stream uint32) []byte) *rawServer {
	return newRawServer(t, func(s *rawServer, c *net.TCPConn) {
		preface := make([]byte, 24)
		if _, err := io.ReadFull(c, preface); err != nil {
			return
		}
		_, _ = c.Write(h2Frame(h2Settings, 0, 0))
		head := make([]byte, 9)
		for {
			if _, err := io.ReadFull(c, head); err != nil {
				return
			}
			n := int64(head[0])<<16 | int64(head[1])<<8 | int64(head[2])
			if _, err := io.CopyN(io.Discard, c, n); err != nil {
				return
			}
			stream := binary.BigEndian.Uint32(head[5:])
			if head[3] == h2Headers {
				s.note("HEADERS")
			}
			if (head[3] == h2Headers || head[3] == 0) && head[4]&h2EndStream != 0 {
				_, _ = c.Write(answer(stream))
			}
		}
	})
}

// TestFateOverHTTP2 also holds the words of net/http that unprocessed knows.
func TestFateOverHTTP2(t *testing.T) {
	tests := []struct {
		name   string
		answer func(stream uint32) []byte
		fate   Fate
	}{
		{"refused stream", func(id uint32) []byte { return h2Frame(h2RstStream, 0, id, h2Refused) }, FateNotSent},
		{"GOAWAY before our stream", func(uint32) []byte { return h2Frame(h2GoAway, 0, 0, 0, h2NoError) }, FateNotSent},
		{"GOAWAY with an error before our stream", func(uint32) []byte { return h2Frame(h2GoAway, 0, 0, 0, h2ProtocolError) }, FateNotSent},
		{"protocol error", func(id uint32) []byte { return h2Frame(h2RstStream, 0, id, h2ProtocolError) }, FateUnknown},
		{"cancelled", func(id uint32) []byte { return h2Frame(h2RstStream, 0, id, 8) }, FateUnknown},
	}
	bodies := map[string]Body{"with a body": Bytes("text/plain", []byte("x")), "without": {}}
	for _, tt := range tests {
		for name, body := range bodies {
			t.Run(tt.name+" "+name, func(t *testing.T) {
				s := h2Server(t, tt.answer)
				tr := privateTransport(t)
				tr.Protocols = new(http.Protocols)
				tr.Protocols.SetUnencryptedHTTP2(true)
				c := testClient(t, s.url(), func(cfg *Config) { cfg.HTTPClient = &http.Client{Transport: tr} })
				r := post("")
				r.Body = body
				r.Header = http.Header{"Idempotency-Key": {"k"}}
				_, fate, err := c.Commit(t.Context(), r)
				require.Equal(t, tt.fate, fate, "%v", err)
				require.ErrorIs(t, err, smm.ErrUnavailable)
				if tt.name == "cancelled" {
					require.ErrorContains(t, err, "http2 stream error 8")
				}
				require.Len(t, s.requests(), 1)
			})
		}
	}
}
