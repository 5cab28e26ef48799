// Package connect connects accounts of any platform in a host's product: it
// takes a person's browser from the host's page to the platform's consent page
// and back, and stores the credential that comes of it.
package connect
