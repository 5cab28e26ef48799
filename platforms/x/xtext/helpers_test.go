package xtext_test

import (
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/smmkit/smmkit/internal/textx"
	"github.com/smmkit/smmkit/platforms/x/xtext"
)

func changedByNFC(r rune) bool { return textx.NFC(string(r)) != string(r) }

// requirePosition counts the three offsets another way.
func requirePosition(t *testing.T, text string, p xtext.Position) {
	t.Helper()
	before := text[:p.Byte]
	require.Equal(t, utf8.RuneCountInString(before), p.Rune)
	require.Len(t, utf16.Encode([]rune(before)), p.UTF16)
}

// requireEntities holds what is true of the entities of any text.
func requireEntities(t *testing.T, text string) {
	t.Helper()
	end := 0
	for _, e := range xtext.Entities(text) {
		require.GreaterOrEqual(t, e.Span.Start.Byte, end)
		require.Greater(t, e.Span.End.Byte, e.Span.Start.Byte)
		requirePosition(t, text, e.Span.Start)
		requirePosition(t, text, e.Span.End)
		end = e.Span.End.Byte
		part := e.Span.In(text)
		switch e.Kind {
		case xtext.Mention:
			require.True(t, xtext.ValidUsername(part), "%q", part)
		case xtext.List:
			require.True(t, xtext.ValidList(part), "%q", part)
			require.Contains(t, part, e.Value+"/"+e.Slug)
		case xtext.Hashtag:
			require.True(t, xtext.ValidHashtag(part), "%q", part)
		case xtext.Cashtag:
			require.True(t, xtext.ValidCashtag(part), "%q", part)
		default:
			require.Equal(t, xtext.URL, e.Kind)
			require.Equal(t, part, e.Value)
		}
	}
}
