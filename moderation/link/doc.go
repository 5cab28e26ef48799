// Package link judges the links of messages: by their domains, by what they
// hide, and by their number.
//
// Links are taken from the message's entities and from addresses written in its
// text, with or without a scheme. An entry of a domain list covers the domain
// and everything below it; the more exact entry wins, so that
// "good.bad.example" can be allowed under a denied "bad.example".
//
// # Design notes
//
// Nothing is fetched. Following a shortener to its end would tell the sender
// that somebody looked, and is a request to an address that a stranger chose.
//
// Domains are compared in their Unicode form, lower case, so that "xn--..." and
// the letters it stands for are one.
package link
