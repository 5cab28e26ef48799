package safehttp

import (
	"bytes"
	"net/http"
	"strings"
)

// Sniff names the media type of a body by its first bytes, without parameters:
// "image/png", "text/html", "application/octet-stream" when nothing fits. It is
// http.DetectContentType with three additions: SVG, which hides in XML and can
// carry script, is "image/svg+xml"; AVIF and HEIC, which share MP4's
// container, are "image/avif" and "image/heic".
func Sniff(body []byte) string {
	head := body[:min(len(body), 1024)]
	if len(head) >= 12 && string(head[4:8]) == "ftyp" {
		switch string(head[8:12]) {
		case "avif", "avis":
			return "image/avif"
		case "heic", "heix", "heim", "heis", "hevc", "mif1", "msf1":
			return "image/heic"
		}
	}
	t, _, _ := strings.Cut(http.DetectContentType(head), ";")
	if strings.HasPrefix(t, "text/") && bytes.Contains(bytes.ToLower(head), []byte("<svg")) && t != "text/html" {
		return "image/svg+xml"
	}
	return t
}
