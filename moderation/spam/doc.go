// Package spam judges how a message is made: how many accounts it names, how
// many hashtags it carries, whether it consists of links alone.
//
// # Design notes
//
// The limits are the host's, and off by default: five mentions are stuffing
// under a shop's post and a normal thank-you note in a club. What a message
// says is the subject of package keyword, where its links go that of package
// link.
//
// A mention or hashtag that the platform marked is not counted again where it
// stands in the text.
package spam
