package textx

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// WeightRange gives a weight to the code points Start to End, both included.
type WeightRange struct {
	Start  rune `json:"start"`
	End    rune `json:"end"`
	Weight int  `json:"weight"`
}

// WeightedConfig says how [Weighted] counts. Its JSON form is the
// configuration file of twitter-text.
type WeightedConfig struct {
	Version int `json:"version"`
	// MaxWeightedLength is the limit, in scaled units (280).
	MaxWeightedLength int `json:"maxWeightedTweetLength"`
	// Scale divides the sum of the weights. It must be positive; 0 is taken
	// as 1.
	Scale int `json:"scale"`
	// DefaultWeight is the weight of a code point outside all Ranges, and of
	// a whole emoji if EmojiParsing is set.
	DefaultWeight int `json:"defaultWeight"`
	// EmojiParsing counts a whole emoji sequence once.
	EmojiParsing bool `json:"emojiParsingEnabled"`
	// URLLength is what a URL counts, whatever its length, in scaled units.
	URLLength int           `json:"transformedURLLength"`
	Ranges    []WeightRange `json:"ranges"`
}

// TwitterConfig is configuration version 3 of twitter-text, in force on X
// since 2018: 280 units; Latin, Greek, Cyrillic and other low code points and
// most punctuation count 1, everything else and each emoji 2, a URL 23.
func TwitterConfig() WeightedConfig {
	return WeightedConfig{
		Version: 3, MaxWeightedLength: 280, Scale: 100, DefaultWeight: 200, EmojiParsing: true, URLLength: 23,
		Ranges: []WeightRange{
			{Start: 0, End: 4351, Weight: 100},
			{Start: 8192, End: 8205, Weight: 100},
			{Start: 8208, End: 8223, Weight: 100},
			{Start: 8242, End: 8247, Weight: 100},
		},
	}
}

// WeightedResult is the answer of [Weighted]. The four range fields are in
// UTF-16 code units of the given text, ends included, exactly as twitter-text
// reports them.
type WeightedResult struct {
	Length int // weighted length of the whole text
	// Valid: neither empty nor over the limit, and without the code points
	// that X refuses (U+FFFE, U+FFFF, U+FEFF).
	Valid      bool
	Permillage int // Length in thousandths of the limit, rounded down

	DisplayStart, DisplayEnd int
	ValidStart, ValidEnd     int

	// ValidBytes is how much of the text, in bytes from its start, is valid:
	// the place to cut or to mark the surplus. Never inside a character.
	ValidBytes int
}

// Weighted measures text as X does: the text is brought to NFC, each URL
// (also without a scheme) counts a constant, each emoji and each other code
// point its weight.
func Weighted(text string, cfg WeightedConfig) WeightedResult {
	scale := max(cfg.Scale, 1)
	nfc := NFC(text)
	w := weigher{cfg: cfg, text: nfc, limit: cfg.MaxWeightedLength * scale, ok: true}
	w.run(Extract(nfc, Rules{URLs: URLTwitter}), scale)

	units := UTF16Units(text)
	res := WeightedResult{Length: w.sum / scale, ValidBytes: w.validBytes}
	res.Valid = w.ok && res.Length > 0 && w.sum <= w.limit
	if cfg.MaxWeightedLength > 0 {
		res.Permillage = w.sum * 1000 / w.limit
	}
	res.DisplayEnd = max(units-1, 0)
	res.ValidEnd = max(w.validUnits-1, 0) + units - UTF16Units(nfc)
	if nfc != text {
		res.ValidBytes = beforeNFC(text, w.validBytes)
	}
	return res
}

// TwitterLength is the weighted length of text on X, as a [Counter].
func TwitterLength(text string) int { return Weighted(text, TwitterConfig()).Length }

type weigher struct {
	cfg   WeightedConfig
	text  string
	limit int

	sum                    int
	ok                     bool
	units                  int // UTF-16 units so far
	validUnits, validBytes int
}

func (w *weigher) run(urls []Entity, scale int) {
	for i := 0; i < len(w.text); {
		end := i
		switch {
		case len(urls) > 0 && urls[0].Start == i:
			end = urls[0].End
			urls = urls[1:]
			w.sum += w.cfg.URLLength * scale
		default:
			if w.cfg.EmojiParsing {
				end += emojiAt(w.text[i:])
			}
			if end > i {
				w.sum += w.cfg.DefaultWeight
				break
			}
			r, size := utf8.DecodeRuneInString(w.text[i:])
			end += size
			w.sum += w.weight(r)
			w.ok = w.ok && !isInvalidTweetRune(r)
		}
		w.units += UTF16Units(w.text[i:end])
		if w.ok && w.sum <= w.limit {
			w.validUnits, w.validBytes = w.units, end
		}
		i = end
	}
}

func (w *weigher) weight(r rune) int {
	for _, x := range w.cfg.Ranges {
		if r >= x.Start && r <= x.End {
			return x.Weight
		}
	}
	return w.cfg.DefaultWeight
}

// beforeNFC returns the longest prefix of text, in bytes, whose NFC form has
// at most n bytes, cut where normalisation cannot reach across.
func beforeNFC(text string, n int) int {
	var it norm.Iter
	it.InitString(norm.NFC, text)
	done, pos := 0, 0
	for !it.Done() {
		done += len(it.Next())
		if done > n {
			break
		}
		pos = it.Pos()
	}
	return pos
}
