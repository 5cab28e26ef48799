package textx_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
)

// TestTwitterHosts: what was read for one start of a domain serves the next
// ones, so the places matter where they share labels without being alike.
func TestTwitterHosts(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{strings.Repeat("a.", 126) + "com", "[0:255]"},
		{strings.Repeat("a.", 127) + "com", "[]"}, // one label too many, and nothing that follows a dot may start a link
		{strings.Repeat("a", 1030) + ".com", "[]"},
		{"あ-" + strings.Repeat("a-", 600) + "b.com", "[]"},
		{strings.Repeat("a.", 100) + "あ.com", "[]"},
		{strings.Repeat("a.", 100) + "あ.bb.com", "[204:210]"},
		{"a_.a_.a_.b.com", "[]"},
		{"a_b_c.com", "[]"},
		{"a_b.c.com -a_b.com _a.com", "[2:9]"},
		{"x..a.com", "[]"},
		{"http://a_b.c.com http://a.b_c.com", "[0:16]"},
	} {
		places := []string{}
		for _, e := range textx.Extract(tc.text, textx.Rules{URLs: textx.URLTwitter}) {
			places = append(places, fmt.Sprintf("%d:%d", e.Start, e.End))
		}
		require.Equal(t, tc.want, fmt.Sprint(places), "%.40q", tc.text)
	}
}

// BenchmarkTwitterHosts: texts in which nearly every character may begin a
// domain. The figure to watch is MB/s beside that of plain text.
func BenchmarkTwitterHosts(b *testing.B) {
	for name, piece := range map[string]string{"plain": "lorem ipsum. ", "dots": "a.", "hyphens": "a-", "wide": "あ."} {
		text := "a.com (" + strings.Repeat(piece, 10000/len(piece))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				textx.Extract(text, textx.Rules{URLs: textx.URLTwitter})
			}
		})
	}
}
