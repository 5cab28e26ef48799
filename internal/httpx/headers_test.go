package httpx

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestParseRetryAfter(t *testing.T) {
	tests := []struct {
		value string
		want  time.Duration
		ok    bool
	}{
		{"120", 2 * time.Minute, true},
		{" 7 ", 7 * time.Second, true},
		{"0", 0, true},
		{"0.25", 250 * time.Millisecond, true}, // Discord
		{"-1", 0, true},
		{"-1000000000000", 0, true},
		{"1000000000000", MaxRetryAfter, true},
		{"1e400", MaxRetryAfter, true},
		{"99999999999999999999999999", MaxRetryAfter, true},
		{"Sun, 22 Nov 2026 12:00:30 GMT", 30 * time.Second, true},
		{"Sunday, 22-Nov-26 12:00:30 GMT", 30 * time.Second, true}, // RFC 850
		{"Sun Nov 22 12:00:30 2026", 30 * time.Second, true},       // asctime
		{"Sun, 22 Nov 2020 12:00:30 GMT", 0, true},
		{"Sun, 22 Nov 2099 12:00:30 GMT", MaxRetryAfter, true},
		{"", 0, false},
		{"soon", 0, false},
		{"NaN", 0, false},
		{"0x10", 0, false},
		{"1_000", 0, false},
		{"12 seconds", 0, false},
		{"2026-11-22T12:00:30Z", 0, false},
		{"-", 0, false},
	}
	for _, tt := range tests {
		got, ok := ParseRetryAfter(tt.value, noon, time.Time{})
		require.Equal(t, tt.ok, ok, tt.value)
		require.Equal(t, tt.want, got, tt.value)
	}
	// A server whose clock is a minute behind means 30 s all the same.
	got, _ := ParseRetryAfter("Sun, 22 Nov 2026 11:59:30 GMT", noon, noon.Add(-time.Minute))
	require.Equal(t, 30*time.Second, got)
}

func header(pairs ...string) http.Header {
	h := make(http.Header)
	for i := 0; i < len(pairs); i += 2 {
		h.Set(pairs[i], pairs[i+1])
	}
	return h
}

func TestParseRateHeaders(t *testing.T) {
	const date = "Sun, 22 Nov 2026 12:00:00 GMT"
	tests := []struct {
		name string
		h    http.Header
		want RateInfo
		ok   bool
	}{
		{"Bluesky", header("RateLimit-Limit", "3000", "RateLimit-Remaining", "2999", "RateLimit-Reset", "1795348980", "RateLimit-Policy", "3000;w=300", "Date", date),
			RateInfo{3000, 2999, noon.Add(time.Unix(1795348980, 0).Sub(noon)), 5 * time.Minute}, true},
		{"Mastodon", header("X-RateLimit-Limit", "300", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "2026-11-22T12:05:00.937729Z", "Date", date),
			RateInfo{300, 0, noon.Add(5*time.Minute + 937729*time.Microsecond), 0}, true},
		{"a server two seconds ahead", header("X-RateLimit-Limit", "3", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "2026-11-22T12:05:02Z", "Date", "Sun, 22 Nov 2026 12:00:02 GMT"),
			RateInfo{3, 0, noon.Add(5 * time.Minute), 0}, true},
		{"no Date", header("X-RateLimit-Limit", "3", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "2026-11-22T12:05:00Z"),
			RateInfo{3, 0, noon.Add(5*time.Minute + serverSkew), 0}, true},
		{"delta", header("RateLimit-Limit", "100, 100;w=60", "RateLimit-Remaining", "7", "RateLimit-Reset", "41", "Date", date),
			RateInfo{100, 7, noon.Add(41 * time.Second), 0}, true},
		{"milliseconds", header("X-RateLimit-Remaining", "7", "X-RateLimit-Reset", "1795348980500", "Date", date),
			RateInfo{-1, 7, time.UnixMilli(1795348980500).UTC(), 0}, true},
		{"X", header("x-rate-limit-limit", "40", "x-rate-limit-remaining", "39.0", "Date", date), RateInfo{40, 39, time.Time{}, 0}, true},
		{"garbage", header("RateLimit-Limit", "many", "RateLimit-Remaining", "-3"), RateInfo{Limit: -1, Remaining: -1}, false},
		{"garbage reset", header("RateLimit-Limit", "5", "RateLimit-Reset", "1e300"), RateInfo{Limit: 5, Remaining: -1}, true},
		{"none", header("Date", date), RateInfo{Limit: -1, Remaining: -1}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, ok := ParseRateHeaders(tt.h, noon)
			require.Equal(t, tt.ok, ok)
			require.True(t, tt.want.Reset.Equal(got.Reset), "%s, not %s", got.Reset, tt.want.Reset)
			got.Reset = tt.want.Reset
			require.Equal(t, tt.want, got)
		})
	}
}

func TestAnA429WithoutRetryAfterWaitsForTheReset(t *testing.T) {
	h := header("RateLimit-Limit", "3000", "RateLimit-Remaining", "0", "RateLimit-Reset", "60")
	require.Equal(t, time.Minute, waitFrom(429, h, noon))
	require.Zero(t, waitFrom(503, h, noon))
	h.Set("Retry-After", "5")
	require.Equal(t, 5*time.Second, waitFrom(429, h, noon))
}

func FuzzParseRetryAfter(f *testing.F) {
	for _, s := range []string{"1", "-1", "1e9", "0.5", "Sun, 22 Nov 2026 12:00:30 GMT", "Sun Nov 22 12:00:30 2026", "NaN", "Inf", "0x1p4"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		d, ok := ParseRetryAfter(s, noon, time.Time{})
		if d < 0 || d > MaxRetryAfter || (!ok && d != 0) {
			t.Fatalf("%q: %s %t", s, d, ok)
		}
	})
}

func FuzzParseRateHeaders(f *testing.F) {
	f.Add("3000", "2999", "1795348980", "3000;w=300", "Sun, 22 Nov 2026 12:00:00 GMT")
	f.Add("300", "0", "2026-11-22T12:05:00.937729Z", "", "")
	f.Add("1e308", "NaN", "-1", "w=;w=-1", "x")
	f.Fuzz(func(t *testing.T, limit, remaining, reset, policy, date string) {
		h := http.Header{
			"Ratelimit-Limit": {limit}, "Ratelimit-Remaining": {remaining}, "Ratelimit-Reset": {reset},
			"Ratelimit-Policy": {policy}, "Date": {date},
		}
		info, ok := ParseRateHeaders(h, noon)
		if info.Limit < -1 || info.Remaining < -1 || info.Window < 0 || (ok && info.Limit < 0 && info.Remaining < 0) {
			t.Fatalf("%+v %t", info, ok)
		}
		if info.Reset.After(noon.Add(maxReset)) {
			t.Fatalf("reset %s", info.Reset)
		}
	})
}
