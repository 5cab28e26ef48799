package textx

import (
	"slices"
	"sort"
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// cutPoints returns the byte offsets at which text may be cut, ascending, the
// first 0 and the last len(text): boundaries of graphemes that are not inside
// a URL or mention. Hashtags and cashtags are kept whole too.
func cutPoints(text string, r Rules) []int {
	es := Extract(text, r)
	points := []int{0}
	for it := graphemes.FromString(text); it.Next(); {
		end := it.End()
		for len(es) > 0 && es[0].End <= end {
			es = es[1:]
		}
		if len(es) == 0 || end <= es[0].Start {
			points = append(points, end)
		}
	}
	if points[len(points)-1] != len(text) {
		points = append(points, len(text))
	}
	return slices.Compact(points)
}

// furthest returns the index of the last of points up to which fits says yes,
// -1 if none. It doubles its step first, so the cost follows the answer and
// not the length of the text. Counts are nearly monotone (a completed URL may
// count less than its beginning): what is returned always fits, and nearby
// longer ones that fit too are taken.
func furthest(points []int, fits func(end int) bool) int {
	bound := 1
	for bound < len(points) && fits(points[bound]) {
		bound *= 2
	}
	low, high := bound/2, min(bound+1, len(points))
	i := low + sort.Search(high-low, func(i int) bool { return !fits(points[low+i]) }) - 1
	for i+1 < len(points) && fits(points[i+1]) {
		i++
	}
	if i >= 0 && i < low && !fits(points[i]) {
		return -1
	}
	return i
}

// Truncate shortens text to at most limit units of count, ellipsis included,
// and returns text itself if it fits. It cuts between graphemes, never inside
// a URL, mention or tag found by r, and drops white space before the
// ellipsis. If not even the ellipsis fits, the result is empty.
func Truncate(text string, limit int, count Counter, ellipsis string, r Rules) string {
	if count(text) <= limit {
		return text
	}
	if count(ellipsis) > limit {
		return ""
	}
	shorten := func(end int) string { return strings.TrimRight(text[:end], " \t\r\n") + ellipsis }
	points := cutPoints(text, r)
	i := furthest(points, func(end int) bool { return count(shorten(end)) <= limit })
	if i < 0 {
		return ""
	}
	return shorten(points[i])
}
