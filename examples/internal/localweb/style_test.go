package localweb

import (
	"maps"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// palette is the value of each colour token in one scheme, as hex digits.
type palette map[string]string

var (
	block = regexp.MustCompile(`(?m)^ *(:root|\[data-platform="[a-z]+"\]) \{([^}]*)\}`)
	token = regexp.MustCompile(`--([a-z-]+): #([0-9a-f]{6});`)
)

// palettes reads the tokens of the page as a whole and of each platform.
func palettes(t *testing.T, css string) map[string]palette {
	t.Helper()
	out := make(map[string]palette)
	for _, b := range block.FindAllStringSubmatch(css, -1) {
		p := palette{}
		maps.Copy(p, out[":root"])
		for _, m := range token.FindAllStringSubmatch(b[2], -1) {
			p[m[1]] = m[2]
		}
		out[b[1]] = p
	}
	return out
}

// luminance is the relative luminance of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	v, err := strconv.ParseUint(hex, 16, 32)
	require.NoError(t, err)
	part := func(shift int) float64 {
		c := float64(v>>shift&255) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*part(16) + 0.7152*part(8) + 0.0722*part(0)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func TestContrast(t *testing.T) {
	require.InDelta(t, 21, contrast(t, "000000", "ffffff"), 0.01)
	require.InDelta(t, 4.54, contrast(t, "767676", "ffffff"), 0.01)

	b, err := assets.ReadFile("assets/style.css")
	require.NoError(t, err)
	light, dark, found := strings.Cut(string(b), "@media (prefers-color-scheme: dark)")
	require.True(t, found)

	// WCAG 2.2 level AA: 4.5 for text (1.4.3), 3 for edges and focus (1.4.11).
	pairs := []struct {
		fore, back string
		least      float64
	}{
		{"ink", "ground", 4.5}, {"ink", "surface", 4.5}, {"ink", "sunken", 4.5}, {"ink", "warn-ground", 4.5},
		{"muted", "ground", 4.5}, {"muted", "surface", 4.5}, {"muted", "sunken", 4.5}, {"muted", "warn-ground", 4.5},
		{"on-action", "action", 4.5}, {"danger", "danger-ground", 4.5}, {"danger", "surface", 4.5},
		{"warn", "warn-ground", 4.5}, {"good", "good-ground", 4.5},
		{"accent", "surface", 4.5}, {"accent", "accent-ground", 4.5}, {"surface", "accent", 4.5},
		{"edge", "surface", 3}, {"edge", "sunken", 3}, {"focus", "ground", 3}, {"focus", "surface", 3},
	}
	for scheme, css := range map[string]string{"light": light, "dark": dark} {
		all := palettes(t, css)
		require.Len(t, all, 1+len(Simulators()), "the page and every platform")
		for where, p := range all {
			for _, pair := range pairs {
				t.Run(scheme+" "+where+" "+pair.fore+" on "+pair.back, func(t *testing.T) {
					require.GreaterOrEqual(t, contrast(t, p[pair.fore], p[pair.back]), pair.least)
				})
			}
		}
	}
}
