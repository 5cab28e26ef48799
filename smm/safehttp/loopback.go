package safehttp

import (
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
)

// AdmitLoopback returns o with the servers at rawURLs admitted beside the rest:
// simulators and servers under development, which live where no stranger's
// server may be. Each URL names a loopback address by number, with its port; its
// path does not matter. Plain http is admitted with the first http URL.
func (o Options) AdmitLoopback(rawURLs ...string) (Options, error) {
	o.AllowPrefixes = slices.Clone(o.AllowPrefixes)
	if o.Ports == nil {
		o.Ports = []uint16{80, 443}
	}
	o.Ports = slices.Clone(o.Ports)
	for _, raw := range rawURLs {
		u, err := url.Parse(raw)
		if err != nil {
			return o, errNoLoopback
		}
		addr, err := netip.ParseAddr(u.Hostname())
		port, perr := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || perr != nil || !addr.IsLoopback() || addr.Zone() != "" || (u.Scheme != "http" && u.Scheme != "https") {
			return o, errNoLoopback
		}
		addr = addr.Unmap()
		o.AllowHTTP = o.AllowHTTP || u.Scheme == "http"
		if prefix := netip.PrefixFrom(addr, addr.BitLen()); !slices.Contains(o.AllowPrefixes, prefix) {
			o.AllowPrefixes = append(o.AllowPrefixes, prefix)
		}
		if !slices.Contains(o.Ports, uint16(port)) {
			o.Ports = append(o.Ports, uint16(port))
		}
	}
	return o, nil
}

var errNoLoopback = fmt.Errorf("safehttp: AdmitLoopback takes URLs such as http://127.0.0.1:8080 only")
