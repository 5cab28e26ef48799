package brand

import (
	"strings"
	"unicode/utf8"

	"github.com/smmkit/smmkit/smm"
)

// pictures are signs of older blocks that are shown as emoji by themselves
// (Emoji_Presentation in Unicode's emoji-data.txt); the others of these blocks
// are emoji only with a variation selector behind them.
const pictures = "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"

const (
	joiner   = '\u200d'
	selector = '\ufe0f'
)

// findEmoji returns the emoji of a text: a family, a flag or a hand with a skin
// tone is one.
func findEmoji(text string) []smm.Span {
	var out []smm.Span
	for i := 0; i < len(text); {
		n := emojiAt(text[i:])
		if n == 0 {
			_, size := utf8.DecodeRuneInString(text[i:])
			i += size
			continue
		}
		out = append(out, smm.Span{Start: i, End: i + n})
		i += n
	}
	return out
}

// emojiAt returns the length of the emoji at the beginning of s, or 0.
func emojiAt(s string) int {
	n := oneEmoji(s)
	for n > 0 && n < len(s) {
		rest, joined := strings.CutPrefix(s[n:], string(joiner))
		if !joined {
			break
		}
		m := oneEmoji(rest)
		if m == 0 {
			break
		}
		n += len(string(joiner)) + m
	}
	return n
}

// oneEmoji is a picture with its selector, skin tone or tags, or a flag, or a
// key cap.
func oneEmoji(s string) int {
	r, n := utf8.DecodeRuneInString(s)
	next, size := utf8.DecodeRuneInString(s[n:])
	switch {
	case r >= 0x1f1e6 && r <= 0x1f1ff: // two letters are a flag
		if next >= 0x1f1e6 && next <= 0x1f1ff {
			n += size
		}
		return n
	case r >= 0x1f000 && r <= 0x1faff && !(r >= 0x1f100 && r <= 0x1f1ff && next != selector), strings.ContainsRune(pictures, r) && r != utf8.RuneError:
	case next == selector && r >= 0x2000 && r <= 0x33ff:
	case next == selector && strings.ContainsRune("0123456789#*", r) && strings.HasPrefix(s[n+size:], "\u20e3"):
		return n + size + len("\u20e3")
	default:
		return 0
	}
	for {
		next, size = utf8.DecodeRuneInString(s[n:])
		if next != selector && next != '\ufe0e' && (next < 0x1f3fb || next > 0x1f3ff) && (next < 0xe0020 || next > 0xe007f) {
			return n
		}
		n += size
	}
}
